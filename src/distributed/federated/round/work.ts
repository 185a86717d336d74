import type { Moments } from '../../../readout/moments.js'
import type { ServerState } from '../aggregate/server.js'
import type { Tensors } from '../model.js'
import type { UploadFile } from '../wire/tensors.js'

/** What a client's upload brings: what it learned, or its sums for the read-out. */
export type Contribution = { readonly delta: Float32Array } | { readonly moments: Moments }

/** A valid upload. */
export interface Taken {
  readonly client: string
  readonly samples: number
  readonly contribution: Contribution
}

/** A model, and what the coordinator's optimiser keeps. */
export interface Standing {
  readonly tensors: Tensors
  readonly server: ServerState
}

export interface MergeContext {
  readonly round: number
  /** The clients that were asked. */
  readonly asked: number
  /** Norms of past updates. */
  readonly norms: readonly number[]
}

/** What is made of uploads, turn after turn: the rounds themselves do not know. */
export interface Work {
  readonly turns: number
  /** Whether what clients read may tell nothing exact of an upload: neither its norm nor what it claims. */
  readonly isPrivate: boolean
  /** The most bytes of an upload. */
  mostBytes(turn: number): number
  /** Throws an Error that says why an upload does not count, of a client that says it has so many samples. */
  check(turn: number, file: UploadFile, about: { samples: number; norms: readonly number[] }): Contribution
  /** The next model: the same for the same uploads, whoever makes it. */
  merge(turn: number, before: Standing, uploads: readonly Taken[], context: MergeContext): Standing
}
