import type { Certificate } from '../certificate/certificate.js'
import type { FoundData } from '../data/own/found.js'
import type { Figures } from '../rules/contract.js'
import type { AdviceEvent } from './diagnostics/advice.js'
import type { ClientsEvent, Federation, Over, RoundEvent, WaitingEvent, WorkersEvent } from './events-of-machines.js'
import type { Learning, Placed } from './placed.js'

export type * from './events-of-machines.js'

/**
 * Numbers of the network and of its blocks. A block has the name that the certificate and every other output give it; a
 * part of the network that speaks for itself and is no block, such as the pixels, has a name of its own.
 */
export type Scores = Figures<number>

/** The held-out figure that something is judged by: of one block, or of the network. */
export interface Criterion {
  readonly block?: string
  readonly figure: string
  readonly better: 'larger' | 'smaller'
}

/** What was taken from another network. */
export interface WeightsTaken {
  readonly run: string
  /** Tensors that were taken. */
  readonly taken: number
  /** What was not, on either side, and why; states of optimisers are not counted. */
  readonly left: readonly string[]
}

export interface StartEvent {
  readonly event: 'start'
  readonly rule: string
  readonly source: string
  /** What the rule's source leaves open and was filled in. */
  readonly reconstructed?: readonly string[]
  /** What is to be expected: of options, by its rule; of a limit that leaves classes out. */
  readonly warnings?: readonly string[]
  /** What the whole run is judged by. */
  readonly criterion: Criterion
  /** What the rule's own figures are, by name. */
  readonly figures?: Readonly<Record<string, string>>
  readonly data: string
  /** Of one's own data: what was found, and how it was read. */
  readonly found?: FoundData
  /** Of data known by name whose files no published hash told: the SHA-256 of their content. */
  readonly fingerprint?: string
  readonly seed: number
  readonly device: string
  readonly precision: string
  readonly preset?: string
  /** Greedy: the one block that this run trains, where those above it have learned nothing. */
  readonly highest?: string
  readonly epochs: number
  readonly batch: number
  readonly batchesPerEpoch: number
  /** Of the whole training. */
  readonly steps: number
  readonly trainingSamples: number
  readonly validationSamples: number
  readonly parameters: number
  /** Bytes of one training step from the graph's liveness: activations at their peak, and the state. */
  readonly peakActivationBytes: number
  readonly stateBytes: number
  readonly certificate: Certificate
  /** The run whose weights this one began with, how many tensors were taken, and what was left. */
  readonly from?: WeightsTaken
  /** Steps that were already done when this run was resumed. */
  readonly resumedAt?: number
  /** The folder held a run that ended before its first checkpoint: this one takes its place. */
  readonly replaced?: boolean
  readonly run?: string
  /** Where clients train on data of their own: who they are, and what stays with them. */
  readonly federation?: Federation
  /** Where several workers train: how they share the work. */
  readonly over?: Over
}

/** After every call of a program. */
export interface ProgressEvent extends Placed, Learning {
  readonly event: 'progress'
  readonly epoch: number
  /** Batches of this epoch that are done. */
  readonly batch: number
  /** Steps between epochs, which come before the batches of this one and read no data. Only while they run. */
  readonly between?: { readonly step: string; readonly done: number; readonly of: number }
  /** Part of the whole training that is done, 0 to 1. */
  readonly progress: number
  /** Training samples in a second; 0 where the steps read none. */
  readonly rowsPerSecond: number
  readonly secondsLeft: number
  /** Means over the steps since the last event. */
  readonly metrics: Scores
}

export interface EpochEvent extends Placed, Learning {
  readonly event: 'epoch'
  readonly epoch: number
  /** After a resumption within the epoch: the batches that were done before; the metrics are means over the others. */
  readonly fromBatch?: number
  readonly metrics: Scores
  /** Of each step that ran between epochs, before this one: how often since the start or resumption, and means. */
  readonly between?: Readonly<Record<string, { readonly steps: number; readonly metrics: Scores }>>
  /** On held-out training samples, of what has learned so far; absent where none are held out. */
  readonly validation?: Scores
  /** Which of these figures decides when to stop, and which epoch is the best. */
  readonly criterion?: Criterion
  readonly seconds: number
  readonly rowsPerSecond: number
}

/**
 * While held-out samples are measured, or samples are read for a read-out that is solved: first with none done. Not kept
 * in the run's folder.
 */
export interface MeasuringEvent {
  readonly event: 'measuring'
  readonly what: 'training' | 'validation' | 'test'
  /** Samples. */
  readonly done: number
  readonly of: number
}

/** A read-out was solved: after the last epoch. */
export interface ReadOutEvent extends Placed {
  readonly event: 'read-out'
  /** From so many training samples. */
  readonly samples: number
  readonly features: number
  /** Of the penalty, and what each one that was tried left of the squared error of a held-out sample. */
  readonly lambda: number
  readonly tried: readonly { readonly lambda: number; readonly error: number }[]
  readonly seconds: number
}

export interface CheckpointEvent extends Placed {
  readonly event: 'checkpoint'
  readonly path: string
  /** Epochs that are done, over all blocks of a greedy training, and batches of the one after. */
  readonly epoch: number
  readonly batch: number
}

export interface StoppedEvent extends Placed {
  readonly event: 'stopped'
  /**
   * After `early` the training goes on: with the next block, or to its end. The others are the last event;
   * `not-finite` also stands for figures that grew beyond all bounds.
   */
  readonly reason: 'aborted' | 'early' | 'not-finite'
  readonly message: string
}

export interface DoneEvent extends Placed {
  readonly event: 'done'
  /** The test set is read once, here; nothing stands there where it was not to be read. Both tell of what has learned: nothing of blocks above `highest`. */
  readonly test: Scores
  readonly validation?: Scores
  readonly seconds: number
  readonly rowsPerSecond: number
  readonly run?: string
}

/**
 * What `train` yields. The command line prints these, the run folder keeps them, a browser worker posts them. Epochs
 * count from 1; in a greedy training each block has its own.
 */
export type TrainEvent =
  | StartEvent
  | ProgressEvent
  | EpochEvent
  | MeasuringEvent
  | ReadOutEvent
  | WorkersEvent
  | RoundEvent
  | ClientsEvent
  | AdviceEvent
  | WaitingEvent
  | CheckpointEvent
  | StoppedEvent
  | DoneEvent
