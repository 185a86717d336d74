import type { InferenceSession } from 'onnxruntime-common'
import type { Device } from '../onnx/emitter.js'
import { sameBytes } from '../typed-arrays.js'
import type { Ort } from './slots.js'

/** A session and the programs that use it. */
export interface Shared {
  readonly session: InferenceSession
  readonly bytes: Uint8Array
  /** Its options. */
  readonly key: string
  users: number
}

/** Sessions that no program uses are kept, so that compiling the same graph again costs nothing; not without end. */
const KEPT_SESSIONS = 8

/** The sessions of an engine: programs of the same model and options share one. Not for calls at the same time. */
export class Sessions {
  readonly #ort: Ort
  /** The last one used comes last. */
  #all: Shared[] = []

  constructor(ort: Ort) {
    this.#ort = ort
  }

  /** The session of a model; `used` collects what is to be released. */
  async acquire(
    bytes: Uint8Array,
    options: InferenceSession.SessionOptions,
    used: Shared[],
  ): Promise<InferenceSession> {
    const key = JSON.stringify(options)
    const known = this.#all.find((own) => own.key === key && sameBytes(own.bytes, bytes))
    const session = known?.session ?? (await this.#ort.InferenceSession.create(bytes, options))
    const shared = known ?? { session, bytes, key, users: 0 }
    shared.users++
    used.push(shared)
    this.#all = [...this.#all.filter((own) => own !== shared), shared]
    return session
  }

  /** `keep`: whether those that nobody else uses may stay for a while. */
  async release(used: readonly Shared[], keep = true): Promise<void> {
    for (const shared of used) shared.users--
    const idle = this.#all.filter(({ users }) => users === 0)
    const tooMany = idle.slice(0, Math.max(0, idle.length - KEPT_SESSIONS))
    const dropped = new Set([...tooMany, ...(keep ? [] : idle.filter((own) => used.includes(own)))])
    this.#all = this.#all.filter((own) => !dropped.has(own))
    for (const { session } of dropped) await session.release()
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
    // The first three of these fusions would undo what the lowering chose for speed: a transposition as a node of its
    // own, a factor per row. The next two take what follows a product into it, and round otherwise than two nodes: the
    // bits of a run would depend on whether its steps are a loop or renew their state in place. The last one would lay
    // every map that is pooled out in blocks of channels, for the pooling alone.
    'optimization.disable_specified_optimizers':
      'GemmTransposeFusion;MatmulTransposeFusion;DivMulFusion;MatMulScaleFusion;MatMulAddFusion;NchwcTransformer',
  },
})
