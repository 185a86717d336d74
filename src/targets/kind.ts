import type { Samples, Split } from '../data/index.js'
import type { DType, Shape, Tensor } from '../graph/index.js'
import type { Emitter } from '../onnx/emitter.js'
import type { BreakdownTally } from './breakdown.js'

/** The held-out figure by which networks are compared. */
export interface Merit {
  readonly figure: string
  readonly better: 'larger' | 'smaller'
}

/** What a network says of one sample, in words and units of its data set, beside its scores. */
export type Said =
  /** The class that scores highest, and its name; -1 and 'not a number' where a score is none. */
  | { readonly label: number; readonly className: string }
  /** The names of the labels that it has. */
  | { readonly labels: readonly string[] }
  /** By their names, in their own units. */
  | { readonly values: Readonly<Record<string, number>> }

/** An output of an exported model, of each sample. */
export interface ExportedOutput {
  readonly name: string
  readonly dtype: 'int64' | 'float32' | 'bool'
  /** Without the batch axis. */
  readonly shape: Shape
  /** What it holds, for people. */
  readonly what: string
}

/** Adds up what held-out samples say. */
export interface Tally {
  /** Scores [rows, count], and the targets of the same samples as `gather` gives them. */
  add(scores: Float32Array, targets: ArrayLike<number>, rows: number): void
  figures(): Readonly<Record<string, number>>
}

/** Everything that differs between targets of different kinds. */
export interface TargetKind {
  /** As an input of programs, with the batch axis. */
  port(batch: number, count: number): { readonly shape: Shape; readonly dtype: DType }
  /** The loss of every sample, [N], from scores [N, count]. */
  loss(scores: Tensor, target: Tensor): Tensor
  /** Scalars that a step may measure of its batch, beside the loss. */
  metrics(scores: Tensor, target: Tensor): Readonly<Record<string, Tensor>>
  /** The targets at `rows` of a split, as programs read them. */
  gather(split: Split, rows: ArrayLike<number>, samples: Samples): Int32Array | Float32Array
  /** The number of each sample's group: a hold-out takes its share of every group. */
  groups(split: Split, count: number): ArrayLike<number>
  readonly merit: Merit
  /** Those of its figures that are shares of a whole, for people to read in per cent. */
  readonly shares: readonly string[]
  tally(samples: Samples): Tally
  /** The same for each class or label; absent where there are none. */
  breakdown?(samples: Samples): BreakdownTally
  say(scores: ArrayLike<number>, samples: Samples): Said
  /** Scores that are log-probabilities up to a constant, or logits of labels, as probabilities; absent: there are none. */
  probabilities?(scores: readonly number[]): readonly number[]
  /** What scores of this kind are, for people. */
  readonly scores: string
  /** What a model says beside its scores; `emit` adds the nodes that compute it from `scores`. */
  exported(samples: Samples): ExportedOutput & { emit(emitter: Emitter): void }
}
