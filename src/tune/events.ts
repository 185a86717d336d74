import type { Choice } from './distribution.js'
import type { Objective } from './objective.js'
import type { TrialState } from './study.js'

type Values = Readonly<Record<string, Choice>>

/** How many trials of a study are in each state; interrupted ones are none, for others took their places. */
export type Counts = Readonly<Record<TrialState, number>>

export interface TuneStartEvent {
  readonly event: 'start'
  /** The journal. */
  readonly study: string
  readonly rule: string
  readonly data: string
  readonly sampler: string
  readonly pruner: string
  readonly objectives: readonly Objective[]
  /** The options that are searched. */
  readonly space: readonly string[]
  /** So many are to be finished in all. */
  readonly trials: number
  readonly workers: number
  readonly counts: Counts
  /** Trials that an earlier process left unfinished. */
  readonly interrupted: number
}

export interface TrialEvent {
  readonly event: 'trial'
  readonly trial: number
  readonly params: Values
}

export interface ReportEvent {
  readonly event: 'report'
  readonly trial: number
  readonly epoch: number
  /** Of the first objective. */
  readonly value: number
}

export interface FinishedEvent {
  readonly event: 'finished'
  readonly trial: number
  readonly state: 'complete' | 'pruned' | 'failed'
  readonly params: Values
  /** One for each objective; of a pruned trial what it reported last. */
  readonly values?: readonly number[]
  /** All held-out figures, and what the training cost. */
  readonly figures?: Readonly<Record<string, number>>
  /** Why it failed. */
  readonly message?: string
  readonly counts: Counts
  readonly best?: Best
}

export interface Best {
  readonly trial: number
  readonly values: readonly number[]
  readonly params: Values
  /** The file that `onward train --config` takes. */
  readonly config: string
}

export interface TuneStoppedEvent {
  readonly event: 'stopped'
  /** `exhausted`: every setting has been tried. After the other two the study goes on when it is called again. */
  readonly reason: 'aborted' | 'timeout' | 'exhausted'
  readonly counts: Counts
}

export interface TuneDoneEvent {
  readonly event: 'done'
  readonly counts: Counts
  /** By the first objective; absent where no trial was completed. */
  readonly best?: Best
  /** With several objectives: the trials of which no other one is better in all. */
  readonly front?: readonly Best[]
}

/** What `tune` yields. `done` or `stopped` by `aborted` or `timeout` is the last one. */
export type TuneEvent = TuneStartEvent | TrialEvent | ReportEvent | FinishedEvent | TuneStoppedEvent | TuneDoneEvent
