/** `:12`, the line of a place in a text. */
export const lineOf = (text: string, place: number): string => `:${text.slice(0, place).split('\n').length}`

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ')

/**
 * The text of a module as that of a classic script that does nothing, line for line: its imports are gone, and all of
 * it is the body of a function that nobody calls.
 */
export const asScript = (module: string): string =>
  `async()=>{${module
    .replaceAll(/(?:^|;)[ \t]*import\b[^;'"]*?(['"])[^'"\n]*\1/gm, blank)
    .replaceAll(/^([ \t]*)export[ \t]+default\b/gm, '$1void ')
    .replaceAll(/^([ \t]*)export\b/gm, '$1')}\n}`

/**
 * `:12`, the line of a mistake of syntax in a module; '' where it is not found. The import of a module does not tell it,
 * nor does the start of a worker of modules; that of a classic one does.
 */
export function lineOfSyntax(module: string): Promise<string> {
  const url = URL.createObjectURL(new Blob([asScript(module)], { type: 'text/javascript' }))
  return new Promise((resolve) => {
    const worker = new Worker(url)
    const end = (line: string): void => {
      worker.terminate()
      URL.revokeObjectURL(url)
      resolve(line)
    }
    worker.onerror = (event) => {
      event.preventDefault()
      end(event.lineno > 0 ? `:${event.lineno}` : '')
    }
    setTimeout(() => end(''), 2000)
  })
}
