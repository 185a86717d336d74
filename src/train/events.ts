import type { Certificate } from '../certificate/certificate.js'
import type { FoundData } from '../data/own/found.js'
import type { Figures } from '../rules/contract.js'
import type { AdviceEvent } from './diagnostics/advice.js'

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

/** What every event tells of its place: the steps of the whole training that are done, those between epochs too. */
interface Placed {
  readonly step: number
}

/** In a greedy training: the block that learns. Each has epochs of its own. */
interface Learning {
  readonly learns?: string
}

export interface StartEvent {
  readonly event: 'start'
  readonly rule: string
  readonly source: string
  /** What the rule's source leaves open and was filled in. */
  readonly reconstructed?: readonly string[]
  /** What its rule says is to be expected of its options. */
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

/** Clients that train together, each on its own data. */
export interface Federation {
  readonly engine: 'memory' | 'nats'
  readonly rounds: number
  readonly localEpochs: number
  readonly aggregate: string
  /** The samples of each client, where the coordinator knows them. */
  readonly clients: Readonly<Record<string, number | null>>
  /** Bytes of an upload at the most: of a whole network, or of the largest layer. */
  readonly uploadBytes: number
  /** Tensors of the model that never leave a client. */
  readonly stays: readonly string[]
  /** Where clients join from elsewhere. */
  readonly joining?: Joining
}

/** A round of a federated training has ended with a new model. */
export interface RoundEvent extends Placed, Learning {
  readonly event: 'round'
  /** Counts from 1, those that failed too. */
  readonly round: number
  /** Turns of the training that are done, and all of them. */
  readonly turn: number
  readonly turns: number
  /** The hash of the model's description. */
  readonly model: string
  readonly asked: number
  readonly answered: readonly string[]
  readonly refused: Readonly<Record<string, string>>
  /** The mean of what the clients call their loss. */
  readonly loss?: number
  readonly validation?: Scores
  /** Of all clients. */
  readonly bytesUp: number
  readonly bytesDown: number
  readonly seconds: number
  /** What differential privacy promises each client after this round. */
  readonly epsilon?: number
}

/** What clients tell of themselves while a round runs. Not kept in the run's folder. */
export interface ClientsEvent extends Placed {
  readonly event: 'clients'
  readonly round: number
  readonly clients: readonly ClientTold[]
}

export interface ClientTold {
  readonly client: string
  readonly doing: string
  readonly round?: number
  /** The part of its round that is done. */
  readonly progress?: number
  readonly loss?: number
  /** Bytes. */
  readonly sent: number
  readonly fetched: number
  /** Seconds since it was last heard of. */
  readonly silent: number
}

/** The training waits for workers or clients who are not there. Told ever more rarely; not kept in the run's folder. */
export interface WaitingEvent extends Placed {
  readonly event: 'waiting'
  /** Who they are, of how many. */
  readonly missing: readonly string[]
  readonly of: number
  readonly seconds: number
}

/** How others join from other machines: each with a file of credentials. */
export interface Joining {
  readonly url: string
  readonly count: number
  /** The files: of each client its own; all workers take the same. */
  readonly credentials: readonly string[]
}

/** How several workers share a training. */
export interface Over {
  readonly mode: 'activations' | 'weights' | 'all-layers'
  /** What carries their messages: in one process, or over machines. */
  readonly engine: 'memory' | 'nats'
  /** The name of the run, for workers that join it. */
  readonly name: string
  /** The blocks of each worker, from below. */
  readonly workers: readonly (readonly string[])[]
  /** How many times as fast as one worker the schedule can be at the most, and why. */
  readonly bound: { readonly speedUp: number; readonly why: string }
  /** Where workers join from elsewhere. */
  readonly joining?: Joining
}

/** Where several workers train: what each does. */
export interface WorkersEvent extends Placed {
  readonly event: 'workers'
  readonly workers: readonly WorkerTold[]
}

export interface WorkerTold {
  readonly blocks: readonly string[]
  /** Steps that it has done. */
  readonly step: number
  readonly rowsPerSecond: number
  /** The parts of its time in which it computed, and in which it waited for the worker above it and for the one below. */
  readonly busy: number
  readonly held: number
  readonly starved: number
  /** The sum of the losses of its blocks. */
  readonly loss?: number
  /** Seconds since it was last heard of. */
  readonly silent: number
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
