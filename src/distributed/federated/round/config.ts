import type { Transport } from '../../transport.js'
import type { Clock } from '../clock.js'
import type { Travelling } from '../layout.js'
import type { Tensors } from '../model.js'
import type { Work } from './work.js'

export interface CoordinatorConfig {
  readonly transport: Transport
  readonly run: string
  /** A name that no other coordinator has. */
  readonly holder: string
  /** All clients that may take part. */
  readonly clients: readonly string[]
  /** Answers that a round needs; absent: what is left of all clients where one in 1.3 answers. */
  readonly wanted?: number | undefined
  /**
   * Waits for every client that was asked: however long that takes, in one process, where none can be lost; `long`: for
   * several times as long as rounds take.
   */
  readonly patient?: boolean | 'long' | undefined
  /** Clients that are known not to come again: nobody waits for them. */
  readonly gone?: ReadonlySet<string> | undefined
  readonly work: Work
  /** What travels, and its first numbers. */
  readonly layout: readonly Travelling[]
  readonly initial: () => Promise<Tensors>
  /** The round and the turn that a run begins with of which the engine knows nothing; default: the first ones. */
  readonly from?: { readonly round: number; readonly turn: number } | undefined
  /** How the uploads are merged, in words, for the model's description. */
  readonly rule: string
  /** Of the choice of clients. */
  readonly seed: number
  readonly clock: Clock
  /** Milliseconds between two looks. */
  readonly poll: number
  readonly signal: AbortSignal
}

export type CoordinatorEvent =
  | { readonly event: 'round'; readonly round: number; readonly turn: number; readonly asked: readonly string[] }
  | {
      readonly event: 'update'
      readonly round: number
      readonly client: string
      readonly samples: number
      readonly loss?: number
      readonly bytes: number
      readonly fetched: number
      readonly seconds: number
    }
  | { readonly event: 'refused'; readonly round: number; readonly client: string; readonly reason: string }
  | { readonly event: 'failed'; readonly round: number; readonly turn: number; readonly answers: number }
  /** At every look at what has come; who is missing, where that holds up the round for longer than is usual. */
  | { readonly event: 'waiting'; readonly round: number; readonly missing: readonly string[] }
  | {
      readonly event: 'published'
      readonly round: number
      /** Turns that are done. */
      readonly turn: number
      readonly model: string
      readonly asked: number
      readonly accepted: readonly string[]
    }
