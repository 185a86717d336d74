/**
 * ONNX Runtime for the device of this file's name: the text of its module, and its WebAssembly, packed by gzip and
 * written in base64. The build writes them into the compiled file.
 */
export const mjs: string = ''
export const wasm: string = ''
