import type { z } from 'zod'
import type { Block } from '../certificate/blocks.js'
import type { Labels } from '../certificate/certificate.js'
import type { Target, TaskInput } from '../data/index.js'
import type { Shape, Tensor } from '../graph/index.js'
import type { Precision } from '../nn/dense.js'
import type { Random } from '../nn/random.js'
import type { Tree } from '../nn/tree.js'
import type { Stream } from '../random/stream.js'
import type { Drawable, Generator, Labelled, View } from './shown.js'
import type { Phase, Sights } from './watching.js'

export type { Chart, Density, Drawable, DrawnNames, Generator, Labelled, Latents, Picture, View } from './shown.js'
export type { Phase, Sight, Sights, Way } from './watching.js'
export type { Target, TaskInput }

/** What a network is to learn, `batch` samples at a time. */
export interface Task {
  readonly input: TaskInput
  readonly target: Target
  readonly batch: number
  readonly precision: Precision
  /**
   * Random numbers on the host for what is part of the network and not of its state: permutations, masks. The same
   * seed and name give the same numbers.
   */
  structure(name: string): Stream
}

/** Inputs of one training step. A step that does not ask for one of them does not read it. */
export interface Batch extends View {
  /** The part of the training that is done: a scalar in [0, 1). */
  readonly progress: Tensor
}

/** Figures of a network and of its blocks, each by the name that `locality` gives the block. */
export interface Figures<T> {
  readonly network?: Readonly<Record<string, T>>
  readonly blocks?: Readonly<Record<string, Readonly<Record<string, T>>>>
}

/** Scalars that a step measures. */
export type Metrics = Figures<Tensor>

/** Pure and traced: the state and a batch give the next state, of the same shapes, and the metrics. */
export type Step<State extends Tree> = (state: State, batch: Batch) => [State, Metrics]

/** A figure of every sample, [N]: a reconstruction error, a divergence. Nothing is learned from them. */
export type Assessment = Figures<Tensor>

export interface Prediction {
  /**
   * [N, K]: of classes or labels one score each, larger is likelier (see `probabilities`; of labels they are logits);
   * of values the standardised values.
   */
  readonly scores: Tensor
  /** What parts of the network would say alone, by the name of the block or, of a part that is no block, its own. */
  readonly parts?: Readonly<Record<string, Tensor>>
}

/** What the certificate of a rule must say, in full; the tests hold each rule to it. */
export interface LocalityPromise {
  readonly local: boolean
  /** The largest number of blocks that one update's derivative spans. */
  readonly window: number | 'all'
  /** The most products that one update's derivative crosses. */
  readonly depth?: number
  /** How labels enter the blocks: each way that the certificate of some block names. Absent: nothing is promised. */
  readonly labels?: readonly Labels[]
  /** Whether what some blocks are fed is chosen above. */
  readonly choice?: boolean
  /** Whether the output is sent straight to some blocks. */
  readonly broadcast?: boolean
  /** Through which weights more than that comes down: `forward` weights, transposed, or others. */
  readonly feedback?: 'none' | 'forward weights' | 'other weights'
}

export type { Block } from '../certificate/blocks.js'

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
  /** What the source of these settings leaves open; listed in runs beside what the rule's source leaves open. */
  readonly reconstructed?: readonly string[]
}

/** A learning rule: data and pure functions. One module, one paper. */
export interface Rule<Hyper = never, State extends Tree = never> {
  readonly id: string
  /** What the field calls it for short; taken where the id is: `ff`. */
  readonly short?: readonly string[]
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
   * What makes a network small enough to be tried in an instant, over any preset: options, and the shape of its input.
   * `units` alone need no saying.
   */
  readonly small?: { readonly hyper?: Readonly<Record<string, unknown>>; readonly shape?: Shape }
  /** The kinds of target that it learns; absent: one class. */
  readonly targets?: readonly Target['kind'][]
  locality(task: Task, hyper: Hyper): Locality
  /** What to expect of these options: a sentence each, said when a training begins. */
  warnings?(task: Task, hyper: Hyper): readonly string[]
  /**
   * `sample`: a batch of training data, for a start that depends on data; a rule that does not ask for it does not read
   * it.
   */
  init(random: Random, task: Task, hyper: Hyper, sample: Pick<Batch, 'x' | 'target'>): State
  /** Named steps; most rules have one, `joint`. */
  steps(task: Task, hyper: Hyper): Readonly<Record<string, Step<State>>>
  /** Which steps run on a mini-batch; `progress` as the batch has it. Absent: every batch runs `joint`. */
  schedule?(epoch: number, batchIndex: number, hyper: Hyper, progress: number): readonly string[]
  /** Joint training: what runs before an epoch (from 0), in this order: steps that read neither `x` nor `target`. */
  between?(epoch: number, hyper: Hyper): readonly { readonly step: string; readonly times: number }[]
  /** Absent where a rule only generates; it then has an `objective`. */
  predict?(state: State, x: Tensor, task: Task, hyper: Hyper): Prediction
  /**
   * What blocks hand up for samples, by their names, [N, ...]. Absent: read from the graph of `predict`, which cannot
   * tell blocks that settle together in one loop.
   */
  activities?(state: State, x: Tensor, task: Task, hyper: Hyper): Readonly<Record<string, Tensor>>
  /** Whether the scores are log-probabilities up to a constant; absent: they are not. */
  probabilities?(hyper: Hyper): boolean
  /** The field's word for a score, where scores are no probabilities: 'goodness'. Absent: 'score'. */
  scoreName?(hyper: Hyper): string
  /** Figures of held-out samples besides what is said of the target; their means are reported. */
  assess?(state: State, view: View, task: Task, hyper: Hyper): Assessment
  /** Explains each figure of `assess`, by its name; said beside them. */
  readonly figures?: Readonly<Record<string, string>>
  /**
   * The assessed figure, of blocks or of the network, that is the divergence of latents from their prior, in nats: where it
   * is almost 0, the latents say nothing of the input.
   */
  readonly divergence?: string
  /** The assessed figure of the network that is to be small: what a run without predictions is judged by. */
  readonly objective?: string
  /** What `onward samples` draws, by name. */
  pictures?(task: Task, hyper: Hyper): Readonly<Record<string, Drawable<State>>>
  /** Of a rule that is shown each image with each label and prefers one of them; undefined where these options do not. */
  labelled?(task: Task, hyper: Hyper): Labelled<State> | undefined
  /** What it is judged by as one that generates; undefined where these options let it draw nothing. */
  generator?(task: Task, hyper: Hyper): Generator<State> | undefined
  /** The phases of a training step, in order; absent: those that the certificate tells (see `phasesOf`). */
  phases?(hyper: Hyper): readonly Phase[]
  /**
   * What the blocks hold while a batch is learned from, for people who watch. Each sight belongs to one of `phases`, or
   * to the `pass` of a rule that names none.
   */
  watch?(state: State, batch: Batch, task: Task, hyper: Hyper): Sights
  /** The highest block, where it is not trained but solved, once, after the last epoch; by options, where they say so. */
  readonly readOut?: ReadOut<Hyper, State> | ((hyper: Hyper) => ReadOut<Hyper, State> | undefined)
  /** For rules whose layers learn from their own input alone: one layer after the other. */
  readonly greedy?: Greedy<Hyper, State>
}

/**
 * A read-out that is solved exactly: the ridge regression of the classes (1 for the own one, 0 else) on features of all
 * training samples, by sums that the trainer gathers (see `readout/ridge.ts`). What it says before that is what `init`
 * made of it. The certificate reads one step of gradient descent on the same loss: its minimum is a function of the same
 * numbers.
 */
export interface ReadOut<Hyper, State extends Tree> {
  /** The names in the state of its weights [D, K] and constants [K]; they belong to one block. */
  readonly weight: string
  readonly bias: string
  /** The features of inputs [N, ...], [N, V, D]: each of V views of an input counts as a sample. */
  features(state: State, x: Tensor, task: Task, hyper: Hyper): Tensor
  /**
   * The weights of the penalty, for features of deviation 1 and a loss summed over all samples. Of several the one that
   * leaves the smallest error on held-out training samples is taken.
   */
  lambdas(hyper: Hyper): readonly number[]
}

/** Training layer after layer: the layers below are frozen, and what they hand up may be kept instead of recomputed. */
export interface Greedy<Hyper, State extends Tree> {
  /** The number of layers that learn one after the other; layer i is block i. */
  layers(task: Task, hyper: Hyper): number
  /**
   * The assessed figure of block `layer`, to be small, that it is judged by while it learns; absent: what it says of
   * the target.
   */
  objective?(layer: number, hyper: Hyper): string | undefined
  /** What layer `layer` reads of images [N, C, H, W], as the frozen layers below give it: [N, ...]. */
  features(state: State, x: Tensor, layer: number, task: Task, hyper: Hyper): Tensor
  /** Trains one layer; `batch.x` holds its features. */
  step(layer: number, task: Task, hyper: Hyper): Step<State>
}

/** A rule whose options and state only it knows. */
// biome-ignore lint/suspicious/noExplicitAny: the registry holds rules of all options and states
export type AnyRule = Rule<any, any>
