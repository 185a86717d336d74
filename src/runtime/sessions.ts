import type { InferenceSession } from 'onnxruntime-common'
import type { Device } from '../onnx/emitter.js'
import type { OpenRequest } from './protocol.js'
import type { Ort } from './slots.js'

interface Cached {
  readonly session: Promise<InferenceSession>
  users: number
}

/** Where a session puts its outputs, if not where the engine puts them by itself. */
export type Outputs = 'gpu-buffer' | Record<string, 'gpu-buffer' | 'cpu'>

/** Sessions that no program uses are kept, so that compiling the same graph again costs nothing; not without end. */
const KEPT_SESSIONS = 8

/** The sessions of an engine: programs of the same model, device and number of threads share one. */
export class Sessions {
  readonly #ort: Ort
  readonly #cached = new Map<string, Cached>()

  constructor(ort: Ort) {
    this.#ort = ort
  }

  /** The session of one model of a program, by its role there; `keys` collects what is to be released. */
  async acquire(
    { key, device, threads }: Pick<OpenRequest, 'key' | 'device' | 'threads'>,
    role: string,
    bytes: Uint8Array,
    keys: string[],
    outputs?: Outputs,
  ): Promise<InferenceSession> {
    const full = `${key} ${role} ${device} ${threads}`
    const cached = this.#cached.get(full) ?? { session: this.#create(bytes, device, threads, outputs), users: 0 }
    this.#cached.delete(full)
    this.#cached.set(full, cached) // the last one used comes last
    cached.users++
    keys.push(full)
    return await cached.session
  }

  async release(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#cached.get(key)!.users--
    const idle = [...this.#cached].filter(([, { users }]) => users === 0)
    for (const [key, { session }] of idle.slice(0, Math.max(0, idle.length - KEPT_SESSIONS))) {
      this.#cached.delete(key)
      await session.then(
        (own) => own.release(),
        () => undefined,
      )
    }
  }

  /** The same after a failure: what could not be made is made anew the next time. */
  async forget(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const failed = await this.#cached.get(key)!.session.then(
        () => false,
        () => true,
      )
      if (failed) this.#cached.delete(key)
      else this.#cached.get(key)!.users--
    }
  }

  async #create(bytes: Uint8Array, device: Device, threads: number, outputs?: Outputs): Promise<InferenceSession> {
    const location = outputs && { preferredOutputLocation: outputs }
    return await this.#ort.InferenceSession.create(bytes, { ...sessionOptions(device, threads), ...location })
  }
}

/** How every session computes. */
export const sessionOptions = (device: Device, threads: number): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: threads,
  logSeverityLevel: 4,
  // Numbers in the denormal range make a step several times slower. The process's first session also sets this for
  // the thread that made it, JavaScript's numbers there included: a reason to compute in a worker.
  extra: {
    'session.set_denormal_as_zero': '1',
    // Between calls the threads sleep: spinning on, they would take some 30 ms of each core from whoever makes batches.
    'session.force_spinning_stop': '1',
    // The first three of these fusions would undo what the lowering chose for speed: a transposition as a node of its own,
    // a factor per row. The last two take what follows a product into it, and round otherwise than two nodes: the bits
    // of a run would depend on whether its steps are a loop or renew their state in place.
    'optimization.disable_specified_optimizers':
      'GemmTransposeFusion;MatmulTransposeFusion;DivMulFusion;MatMulScaleFusion;MatMulAddFusion',
  },
})
