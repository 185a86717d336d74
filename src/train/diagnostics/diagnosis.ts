import type { Values } from '../../options/index.js'
import type { Criterion, Scores } from '../events.js'
import type { Units } from './units.js'
import type { Weights } from './weights.js'

/** What a training shows of itself at the end of an epoch. Blocks go by their names. */
export interface Observation {
  /** From 1. */
  readonly epoch: number
  /** What its first step measured, before it moved anything; undefined after a resumption within the epoch. */
  readonly begin?: Scores | undefined
  /** Means over its steps. */
  readonly metrics: Scores
  /** Of all held-out samples; absent where none are held out, or nothing is said yet. */
  readonly validation?: Scores | undefined
  readonly criterion?: Criterion | undefined
  /** The same figures, of a few training samples that stay the same. */
  readonly training?: Scores | undefined
  readonly weights: Readonly<Record<string, Weights>>
  /** Of the blocks whose units can be seen in what the network predicts by. */
  readonly units: Readonly<Record<string, Units>>
}

/** What does not change while a training lasts. */
export interface Setting {
  readonly hyper: Values
  /** The names of the options that the rule has. */
  readonly options: ReadonlySet<string>
  /** The names of the blocks, from below. */
  readonly blocks: readonly string[]
  /** Whether `patience` is not set and could be. */
  readonly couldWait: boolean
  /** How many samples are held out, and how many training samples are measured beside them. */
  readonly heldOut: number
  readonly seen: number
  /** The names of figures that are shares of a whole. */
  readonly shares: readonly string[]
  /** The assessed figure that tells how much the latents say of an input, in nats, where the rule has one. */
  readonly divergence?: string | undefined
}

/** What was found: a number that was measured, and a sentence with what to try. */
export interface Finding {
  /** Absent: the network. */
  readonly block?: string
  /** What was measured, in words, and the number. */
  readonly measured: string
  readonly value: number
  /** What is wrong, and what to try; without the block's name. */
  readonly message: string
}

export interface Diagnosis {
  readonly kind: string
  /** What it finds in the last of these observations of one training, or of one phase of a greedy one; pure. */
  find(observed: readonly Observation[], setting: Setting): readonly Finding[]
}
