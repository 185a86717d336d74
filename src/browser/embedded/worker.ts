/** The text of the worker, one module without imports. The build writes it into the compiled file. */
export const text: string = ''
