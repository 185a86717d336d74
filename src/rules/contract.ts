import type { z } from 'zod'
import type { Tensor } from '../graph/index.js'
import type { Precision } from '../nn/dense.js'
import type { Random } from '../nn/random.js'
import type { Tree } from '../nn/tree.js'

/** What a network is to learn: images of one shape, one of `classes` labels each, `batch` of them at a time. */
export interface Task {
  readonly shape: readonly [channels: number, height: number, width: number]
  readonly classes: number
  readonly batch: number
  readonly precision: Precision
}

/** What a step sees of the outside. */
export interface Batch {
  /** Pixels in [0, 1], [N, C, H, W]. */
  readonly x: Tensor
  /** int32 [N]. */
  readonly labels: Tensor
  /** The part of the training that is done: a scalar in [0, 1). */
  readonly progress: Tensor
  readonly random: Random
}

/** Scalars by dotted name; `layers.0.loss` and its like are shown layer by layer. */
export type Metrics = Readonly<Record<string, Tensor>>

/** Pure and traced: the state and a batch give the next state, of the same shapes, and the metrics. */
export type Step<State extends Tree> = (state: State, batch: Batch) => [State, Metrics]

/** What a held-out figure is computed from: images with their labels, and noise that is the same whenever a run is measured. */
export type View = Pick<Batch, 'x' | 'labels' | 'random'>

/** A figure of every image, [N], by name: a reconstruction error, a divergence. Nothing is learned from them. */
export type Assessment = Readonly<Record<string, Tensor>>

/** Images that a trained network draws. */
export interface Picture<State> {
  readonly description: string
  /** Images in a row. */
  readonly columns: number
  /** [M, C, H, W], pixels in [0, 1], row after row, from the images of the view. */
  draw(state: State, view: View): Tensor
}

export interface Prediction {
  /** Class scores [N, K], larger is likelier; see `probabilities`. */
  readonly scores: Tensor
  /** What each layer would say alone, where it can. */
  readonly layers: Readonly<Record<string, Tensor>>
}

/** A layer or a cell: the parameters under these dotted paths learn together. Blocks are listed from below. */
export interface Block {
  readonly name: string
  readonly parameters: readonly string[]
}

/** What the certificate of a rule must say; the tests hold each rule to it. */
export interface LocalityPromise {
  readonly local: boolean
  /** The largest number of blocks that one update's derivative spans. */
  readonly window: number | 'all'
}

export interface Locality {
  readonly blocks: readonly Block[]
  readonly promise: LocalityPromise
}

export interface Paper {
  readonly authors: string
  readonly year: number
  readonly title: string
  readonly arxiv?: string
}

/** What a rule was written from. A reconstruction is called so wherever the rule is listed or printed. */
export type Source = 'paper' | 'code' | 'reconstructed' | 'ours'

export interface Preset {
  readonly description: string
  readonly hyper: Readonly<Record<string, unknown>>
  /** Settings of the training itself: epochs, batch and their like. */
  readonly train?: Readonly<Record<string, unknown>>
}

/** A learning rule: data and pure functions. One module, one paper. */
export interface Rule<Hyper = never, State extends Tree = never> {
  readonly id: string
  readonly title: string
  readonly summary: string
  readonly paper?: Paper
  readonly source: Source
  /** Parts that the source leaves open and the specification or we filled in; listed and printed as reconstructed. */
  readonly reconstructed?: readonly string[]
  /** The table of options: defaults, ranges and a description that names the default's source. */
  readonly hyper: z.ZodType<Hyper>
  /** How long and in which batches a run trains if nobody says otherwise. */
  readonly training: { readonly epochs: number; readonly batch: number }
  readonly presets: Readonly<Record<string, Preset>>
  /**
   * What makes a network small enough to be tried in an instant, over any preset: options, and the shape of a task.
   * `units` alone need no saying.
   */
  readonly small?: { readonly hyper?: Readonly<Record<string, unknown>>; readonly task?: Partial<Task> }
  locality(task: Task, hyper: Hyper): Locality
  init(random: Random, task: Task, hyper: Hyper): State
  /** Named steps; most rules have one, `joint`. */
  steps(task: Task, hyper: Hyper): Readonly<Record<string, Step<State>>>
  /** Which steps run on a mini-batch; `progress` as the batch has it. Absent: every batch runs `joint`. */
  schedule?(epoch: number, batchIndex: number, hyper: Hyper, progress: number): readonly string[]
  /** Absent where a rule only generates; it then has an `objective`. */
  predict?(state: State, x: Tensor, task: Task, hyper: Hyper): Prediction
  /** Whether the scores are log-probabilities up to a constant; absent: they are not. */
  probabilities?(hyper: Hyper): boolean
  /** Figures of held-out images besides the accuracy; their means are reported. */
  assess?(state: State, view: View, task: Task, hyper: Hyper): Assessment
  /** What the assessed figures are, by name without the number of a layer or cell; said beside them. */
  readonly figures?: Readonly<Record<string, string>>
  /** The name of the assessed figure that is to be small: what a run without predictions is judged by. */
  readonly objective?: string
  /** What `onward samples` draws, by name. */
  pictures?(task: Task, hyper: Hyper): Readonly<Record<string, Picture<State>>>
  /** For rules whose layers learn from their own input alone: one layer after the other. */
  readonly greedy?: Greedy<Hyper, State>
}

/** Training layer after layer: the layers below are frozen, and what they hand up may be kept instead of recomputed. */
export interface Greedy<Hyper, State extends Tree> {
  layers(task: Task, hyper: Hyper): number
  /** The assessed figure, to be small, that a layer is judged by while it learns; absent: what it says of the classes. */
  objective?(layer: number, hyper: Hyper): string | undefined
  /** What layer `layer` reads of images [N, C, H, W], as the frozen layers below give it: [N, ...]. */
  features(state: State, x: Tensor, layer: number, task: Task, hyper: Hyper): Tensor
  /** Trains one layer; `batch.x` holds its features. */
  step(layer: number, task: Task, hyper: Hyper): Step<State>
}

/** A rule whose options and state only it knows. */
// biome-ignore lint/suspicious/noExplicitAny: the registry holds rules of all options and states
export type AnyRule = Rule<any, any>
