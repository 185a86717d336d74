import { UserError } from '../errors.js'
import type { StepGraph } from '../onnx/program.js'
import { channel, type Reply } from './channel.js'
import { openProgram } from './client.js'
import { type BrowserEngineOptions, createBrowserEngine } from './engine.browser.js'
import type { CompileOptions, Program } from './program.js'
import type { Engine } from './protocol.js'

export { RUNTIME_FILES } from './runtime-files.js'

export interface BrowserCompileOptions extends CompileOptions {
  /** The folder in which the page serves `RUNTIME_FILES`, a URL that ends in `/`. Default: the script's. */
  readonly runtimeFolder?: string
}

/**
 * Compiles a step for `wasm` or `webgpu`. The worker is the file `worker.browser.js` beside the script that this module
 * is in. Throws a UserError if the device does not exist here.
 */
export async function compile(graph: StepGraph, options: BrowserCompileOptions): Promise<Program> {
  const { device, threads = navigator.hardwareConcurrency, worker = typeof Worker !== 'undefined' } = options
  if (device === 'cpu') throw new UserError('the device cpu runs in Node; in browsers use wasm or webgpu')
  if (device === 'webgpu' && !(navigator as { gpu?: unknown }).gpu)
    throw new UserError('webgpu: this browser does not offer it on this page; take the device wasm')
  // Threads of WebAssembly share memory, which browsers allow to isolated pages alone.
  const usable = globalThis.crossOriginIsolated ? threads : 1
  const runtimeFolder = options.runtimeFolder && new URL(options.runtimeFolder, location.href).href
  const engine = await engineFor({ device, threads: usable, runtimeFolder }, worker)
  return await openProgram(engine, graph, options, usable)
}

const engines = new Map<string, Promise<Engine>>()

/** ONNX Runtime fixes the threads when it starts: an engine for each number of them. */
function engineFor(options: BrowserEngineOptions, worker: boolean): Promise<Engine> {
  const key = `${options.device} ${options.threads} ${worker} ${options.runtimeFolder}`
  const known = engines.get(key)
  if (known) return known
  const forget = () => engines.delete(key)
  const engine = worker ? startWorker(options, forget) : createBrowserEngine(options)
  engine.catch(forget)
  engines.set(key, engine)
  return engine
}

async function startWorker(options: BrowserEngineOptions, forget: () => void): Promise<Engine> {
  const worker = new Worker(new URL('./worker.browser.js', import.meta.url), { type: 'module' })
  const { engine, receive, fail } = channel((request, transfer) => worker.postMessage(request, transfer))
  worker.onmessage = ({ data }: MessageEvent<Reply>) => receive(data)
  worker.onerror = ({ message }) => {
    forget()
    fail(`the compute worker failed (${message || 'worker.browser.js could not be loaded'})`)
  }
  worker.postMessage(options)
  return engine
}
