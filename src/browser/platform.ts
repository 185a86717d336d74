import { UserError } from '../errors.js'
import { openProgram } from '../runtime/client.js'
import { createBrowserEngine } from '../runtime/engine.browser.js'
import type { Engine } from '../runtime/protocol.js'
import type { Platform } from '../train/platform.js'

/** ONNX Runtime for a device: the files themselves, or the folder that they lie in. */
export type RuntimeSource =
  | { readonly folder: string }
  /** `wasm`: the bytes, or a text that holds them packed by gzip, in base64. */
  | { readonly mjs: string; readonly wasm: string | ArrayBuffer }

/** Lets whatever else waits for this thread come first: messages are heard between the calls of a program. */
export function breath(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** Threads share memory, which browsers allow to isolated pages alone. */
export function usableThreads(wanted: number | undefined, most: number | undefined): number {
  const here = navigator.hardwareConcurrency || 1
  return globalThis.crossOriginIsolated ? Math.min(wanted ?? most ?? here, here) : 1
}

/**
 * The platform of a worker: steps run in its own thread, which no page waits for. `sourceOf` is asked for ONNX Runtime
 * when its device is first used.
 */
export function workerPlatform(
  sourceOf: (device: 'wasm' | 'webgpu') => Promise<RuntimeSource>,
  threads: number,
): Platform {
  const engines = new Map<string, Promise<Engine>>()
  const engineFor = (device: 'wasm' | 'webgpu'): Promise<Engine> => {
    const engine = engines.get(device) ?? start(device)
    engines.set(device, engine)
    engine.catch(() => engines.delete(device))
    return engine
  }
  const start = async (device: 'wasm' | 'webgpu'): Promise<Engine> => {
    const source = await sourceOf(device)
    const options = 'folder' in source ? { runtimeFolder: source.folder } : { runtime: await unpacked(source) }
    const engine = await createBrowserEngine({ device, threads, ...options })
    return {
      ...engine,
      async run(...call) {
        await breath()
        return await engine.run(...call)
      },
    }
  }
  return {
    async compile(graph, options) {
      const { device } = options
      if (device === 'cpu') throw new UserError('the device cpu runs in Node; in browsers use wasm or webgpu')
      if (device === 'webgpu' && !(navigator as { gpu?: unknown }).gpu)
        throw new UserError('webgpu: this browser does not offer it on this page; take the device wasm')
      return await openProgram(await engineFor(device), graph, options, threads)
    },
  }
}

async function unpacked({ mjs, wasm }: Exclude<RuntimeSource, { readonly folder: string }>) {
  const url = URL.createObjectURL(new Blob([mjs], { type: 'text/javascript' }))
  if (typeof wasm !== 'string') return { mjs: url, wasm }
  const packed = Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return { mjs: url, wasm: await new Response(stream).arrayBuffer() }
}
