import type { DataOptions } from '../data/own/own.node.js'
import type { Judging } from './judged.node.js'
import type { Tables } from './space.js'

/** What a process is started with, and needs for all of its trials. */
export interface Opening {
  /** The id of a rule, or the path of its file. */
  readonly rule: string
  readonly data: string
  readonly load: Omit<DataOptions, 'signal' | 'onWait' | 'onProgress' | 'onReading'>
  /** Where an objective asks for it: how the samples of each trial are judged. */
  readonly judging?: Judging
}

export type ToWorker =
  | { readonly kind: 'open'; readonly opening: Opening }
  /** Begins a trial. */
  | { readonly kind: 'trial'; readonly settings: Tables }
  /** The answer to a report. */
  | { readonly kind: 'goOn' | 'prune' }

export type FromWorker =
  | { readonly kind: 'ready' }
  /** After an epoch, counted over the whole training; the trial waits for an answer. */
  | {
      readonly kind: 'report'
      readonly epoch: number
      /** No epoch comes after it: there is nothing left to save. */
      readonly isLast: boolean
      readonly figures: Readonly<Record<string, number>>
    }
  | { readonly kind: 'done'; readonly figures: Readonly<Record<string, number>> }
  | { readonly kind: 'pruned' }
  /** The numbers of the training blew up. */
  | { readonly kind: 'diverged'; readonly message: string }
  /** What a person can mend, or a mistake of ours. */
  | { readonly kind: 'failed'; readonly message: string }
