import type { Figures } from '../rules/contract.js'
import type { Learning, Placed } from './placed.js'

/** Clients that train together, each on its own data. */
export interface Federation {
  readonly engine: 'memory' | 'nats'
  readonly rounds: number
  readonly localEpochs: number
  /** The most steps of a client in a round, where an epoch may be longer. */
  readonly localSteps?: number | undefined
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
  readonly validation?: Figures<number>
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
