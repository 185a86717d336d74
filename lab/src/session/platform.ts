import { openProgram } from '../../../src/runtime/client.js'
import { createBrowserEngine } from '../../../src/runtime/engine.browser.js'
import type { Engine } from '../../../src/runtime/protocol.js'
import type { Platform } from '../../../src/train/platform.js'
import type { Runtime } from './protocol.js'

/** Small networks gain nothing from more. */
const MOST_THREADS = 4

/** Where the page is isolated, threads may share memory. */
const usable = (): number =>
  globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1

/** ONNX Runtime in this worker's own thread, from a folder or from what was handed in. */
export function platformOf(runtime: Runtime): Platform {
  const threads = usable()
  let engine: Promise<Engine> | undefined
  const start = (): Promise<Engine> => {
    if ('folder' in runtime) return createBrowserEngine({ device: 'wasm', threads, runtimeFolder: runtime.folder })
    const mjs = URL.createObjectURL(new Blob([runtime.mjs], { type: 'text/javascript' }))
    return createBrowserEngine({ device: 'wasm', threads, runtime: { mjs, wasm: runtime.wasm } })
  }
  return {
    async compile(graph, options) {
      engine ??= start()
      return await openProgram(await engine, graph, options, threads)
    },
  }
}
