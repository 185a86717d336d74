import { UserError } from '../errors.js'
import type { RuntimeSource } from './platform.js'
import type { Place, WorkerLike } from './session.js'
import { type Message, type Wire, wire } from './wire.js'

/** A worker, and what it says. */
export interface Link extends Pick<Wire, 'ask' | 'tell'> {
  /** Calls a method of the worker's session. */
  call<T>(method: string, ...args: readonly unknown[]): Promise<T>
  /** Resolves when the worker is gone though nobody ended it, with the sentence that says so. */
  readonly lost: Promise<string>
  /** Ends the worker; what waits for it fails with this sentence. */
  end(message: string): void
}

/** What a worker asks of its page, beside the files of ONNX Runtime. */
export interface Hooks {
  save?(bytes: Uint8Array<ArrayBuffer>): Promise<string>
  event?(event: never): void
}

const LOST = 'the worker of the page is gone'

/** Starts a worker. Throws a UserError where it cannot be started, or the signal is aborted. */
export async function startLink(place: Place, hooks: Hooks = {}, signal?: AbortSignal): Promise<Link> {
  const worker = await startWorker(place)
  const line = wire((message, transfer) => worker.postMessage(message, transfer), {
    runtime: (device: 'wasm' | 'webgpu') => runtimeOf(device, place),
    ...hooks,
  })
  let over = false
  let tellLost: (message: string) => void
  const lost = new Promise<string>((resolve) => {
    tellLost = resolve
  })
  const end = (message: string, isLost = false): void => {
    if (over) return
    over = true
    worker.terminate()
    line.fail(message)
    if (isLost) tellLost(message)
  }
  worker.onmessage = ({ data }: MessageEvent<Message>) => line.receive(data)
  worker.onerror = (event) => {
    event.preventDefault?.()
    end(`${LOST} (${event.message || 'its file could not be loaded'}); go on from the last checkpoint`, true)
  }
  signal?.addEventListener('abort', () => end('the session was aborted'))
  if (signal?.aborted) end('the session was aborted')
  await begin(line, () => end(`${LOST}; go on from the last checkpoint`, true)).catch((error) => {
    end('the worker could not be started')
    throw error
  })
  return {
    ask: line.ask,
    tell: line.tell,
    call: (method, ...args) => line.ask('call', [method, ...args]),
    lost,
    end,
  }
}

/** Hears of the end of a worker by a lock that it holds for as long as it lives, where the browser gives it one. */
async function begin({ ask }: Wire, ended: () => void): Promise<void> {
  const lock = `onward worker ${crypto.randomUUID?.() ?? Math.random()}`
  const isHeld = await ask('begin', [lock])
  if (isHeld) navigator.locks.request(lock, ended).catch(() => undefined)
}

async function startWorker({ worker }: Place): Promise<WorkerLike> {
  if (worker) return worker()
  const { text } = await import('./embedded/worker.js')
  if (text === '') throw new UserError('this build of Onward carries no worker: build it (npm run build)')
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
  try {
    return new Worker(url, { type: 'module', name: 'onward' })
  } finally {
    // The worker fetches its text after this turn.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
}

/** ONNX Runtime as a worker takes it. */
async function runtimeOf(device: 'wasm' | 'webgpu', { runtime, runtimeFolder }: Place): Promise<RuntimeSource> {
  if (runtime) return await runtime(device)
  if (runtimeFolder !== undefined) return { folder: new URL(runtimeFolder, location.href).href }
  const { mjs, wasm } = device === 'webgpu' ? await import('./embedded/webgpu.js') : await import('./embedded/wasm.js')
  return { mjs, wasm }
}
