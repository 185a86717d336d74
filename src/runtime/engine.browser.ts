import { createEngine } from './engine.js'
import type { Engine } from './protocol.js'
import { RUNTIME_FILES } from './runtime-files.js'

export interface BrowserEngineOptions {
  readonly device: 'wasm' | 'webgpu'
  /** For wasm; more than one only on pages that are cross-origin isolated. */
  readonly threads: number
  /** The folder in which the page serves `RUNTIME_FILES`, as a whole URL that ends in `/`. Default: the script's. */
  readonly runtimeFolder?: string | undefined
  /** In the place of files in a folder: the URL of the module, and what is in the WebAssembly. */
  readonly runtime?: { readonly mjs: string; readonly wasm: ArrayBuffer } | undefined
}

/**
 * Loads ONNX Runtime's build for the device, and its own files when the first session is made. The module file is
 * always named: threads start from it, and one that lies inside of a bundle would start the whole bundle again.
 */
export async function createBrowserEngine(options: BrowserEngineOptions): Promise<Engine> {
  const { device, threads, runtime, runtimeFolder = runtime ? '' : new URL('.', import.meta.url).href } = options
  const ort = device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm')
  ort.env.wasm.numThreads = threads
  const { mjs, wasm } = RUNTIME_FILES[device]
  if (runtime) ort.env.wasm.wasmBinary = runtime.wasm
  ort.env.wasm.wasmPaths = runtime ? { mjs: runtime.mjs } : { mjs: runtimeFolder + mjs, wasm: runtimeFolder + wasm }
  return createEngine(ort)
}
