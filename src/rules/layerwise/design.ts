import type { Tensor } from '../../graph/index.js'
import type { Optimizer } from '../../nn/optimizer.js'
import type { Random } from '../../nn/random.js'
import type { Tree } from '../../nn/tree.js'
import type { Batch, LocalityPromise, Prediction, Sight } from '../contract.js'

/** What the lowest layer reads, [rows, ...], and whatever else every layer is given beside its own input. */
export interface Fed<Given = unknown> {
  readonly x: Tensor
  readonly given?: Given
}

/** What a layer is told beside its parameters and its input. */
export interface Pass<Running extends Tree = Tree, Given = unknown> {
  /** False where the network is in use: then no noise may be drawn, and running values are read and not moved. */
  readonly training: boolean
  /** Whether the layer's own loss counts in this step; false too where the network is in use. */
  readonly learns: boolean
  readonly running: Running
  /** The names are the layer's own: two layers that ask for the same name get different numbers. */
  readonly random: Random
  readonly given: Given
}

/** What a layer makes of its input; a layer may add more for its own loss to read. */
export interface Passed<Running extends Tree = Tree> {
  /** What the layer above reads. */
  readonly output: Tensor
  /** Running values after this batch, such as the statistics of batch normalisation. No gradient changes them. */
  readonly running?: Running
}

/** What a layer's loss may read. */
export interface Learning<Parameters extends Tree, Running extends Tree, Given, Made> extends Pass<Running, Given> {
  readonly parameters: Parameters
  readonly input: Tensor
  readonly output: Tensor
  /** All that `forward` returned. */
  readonly made: Made
  readonly batch: Batch
}

/** A scalar to be made small, alone or with scalars to be shown beside it. */
export type Loss = Tensor | { readonly loss: Tensor; readonly metrics: Readonly<Record<string, Tensor>> }

export type LayerSight = Omit<Sight, 'phase'> & Partial<Pick<Sight, 'phase'>>

/** One layer (or cell) that learns from its own loss. */
export interface LocalLayer<
  Parameters extends Tree = Tree,
  Running extends Tree = Tree,
  Given = unknown,
  Made extends Passed<Running> = Passed<Running>,
> {
  /** Default: `layer N`. */
  readonly name?: string
  /** `name` begins the names of the noise. */
  init(random: Random, name: string): Parameters
  /** Running values before the first batch, or how to find them from a batch of training data; absent: none. */
  readonly running?: Running | ((sample: Pick<Batch, 'x' | 'target'>) => Running)
  forward(parameters: Parameters, input: Tensor, pass: Pass<Running, Given>): Tensor | Made
  /** Absent: the layer learns from the losses of layers above whose window reaches it, or not at all. */
  loss?(learning: Learning<Parameters, Running, Given, Made>): Loss
  /** What this layer alone says of the target, [N, K]. `made`: all that `forward` returned. */
  scores?(parameters: Parameters, output: Tensor, made: Made): Tensor
  /**
   * What can be seen of it beside its output, [rows, ...] each: its goodness, say. Without a phase, rows belong to
   * those of the design's `sets`.
   */
  sights?(learning: Learning<Parameters, Running, Given, Made>): readonly LayerSight[]
  /** Absent: the design's. */
  readonly optimizer?: Optimizer
  /** The step size, from the part of the training that is done; absent: the design's. */
  rate?(progress: Tensor): Tensor
  /** Parts of the parameters (their first names) that no loss of a layer above moves, however far it reaches. */
  readonly ownAlone?: readonly string[]
}

/** What the layers hand up, as a head reads it: what the lowest layer read, and the output of every layer. */
export interface Seen<Given = unknown> extends Fed<Given> {
  readonly outputs: readonly Tensor[]
  /** All that the `forward` of each layer returned. */
  readonly made: readonly Passed[]
}

/** Learns from what the layers hand up; nothing goes down from it. */
export interface Head<Parameters extends Tree = Tree, Given = unknown> {
  /** Default: `head`. */
  readonly name?: string
  init(random: Random, name: string): Parameters
  /** Its input, [rows, ...]. Default: the outputs of all layers side by side, [rows, D]. */
  read?(seen: Seen<Given>): Tensor
  loss(learning: {
    readonly parameters: Parameters
    readonly input: Tensor
    readonly batch: Batch
    /** Absent in greedy training. */
    readonly given?: Given
  }): Loss
  predict(parameters: Parameters, input: Tensor): Prediction
  /**
   * Absent: the head reads what the layers hand up while they learn. Otherwise they run once more for it, as in use, on
   * this input; the head then learns first, and its scores may choose what the layers learn from.
   */
  input?(x: Tensor): Fed<Given>
  /** Absent: the design's. */
  readonly optimizer?: Optimizer
  /** Absent: the design's. */
  rate?(progress: Tensor): Tensor
}

/** The parts of a rule whose layers learn from losses of their own. */
export interface LayerwiseDesign<
  Parameters extends Tree = Tree,
  Running extends Tree = Tree,
  Given = unknown,
  Made extends Passed<Running> = Passed<Running>,
  HeadParameters extends Tree = Tree,
> {
  readonly layers: readonly LocalLayer<Parameters, Running, Given, Made>[]
  readonly optimizer: Optimizer
  /** The step size, from the part of the training that is done. */
  rate(progress: Tensor): Tensor
  readonly head?: Head<HeadParameters, Given> | undefined
  /** The gradient of a layer's loss reaches so many layers, its own included. Default: 1. */
  readonly window?: number
  /**
   * Whether joint training keeps the network as it was when the epoch began. The rule then has `between` run
   * `snapshotBefore(epoch)`.
   */
  readonly keepsSnapshot?: boolean
  /**
   * Where windows overlap: `layer` (default): each layer has one optimiser and takes the sum of the gradients that
   * reach it; `loss`: each loss has an optimiser, with moments of its own for every layer that it reaches.
   */
  readonly optimizerOf?: 'layer' | 'loss'
  /** The steps by name, and which layers have a loss in each. The head learns in all. Default: `joint`, all layers. */
  readonly steps?: Readonly<Record<string, (layer: number) => boolean>>
  /** What the lowest layer reads; absent: the batch as it is. */
  readonly input?: {
    /**
     * `scores`: what the network as it was when the epoch began predicts of the batch, where the design keeps it; else
     * what a head with an input of its own says.
     */
    training(batch: Batch, known: { readonly stack: Stack<Parameters, Running>; readonly scores?: Tensor }): Fed<Given>
    use(x: Tensor): Fed<Given>
  }
  /** The phases to which the rows of training belong, in equal parts one after the other. Default: one, `pass`. */
  readonly sets?: readonly string[]
  /**
   * What a prediction is made of: the head (default where there is one), the last layer's scores, or the sum (default)
   * or mean of the scores of all layers, or from a layer upwards. A mean may have weights, one for each layer with
   * scores that it is of, from below.
   */
  readonly prediction?:
    | 'head'
    | 'last'
    | 'sum'
    | { readonly sumFrom: number }
    | { readonly meanFrom: number; readonly weights?: readonly number[] }
  /** What the rule promises of its certificate besides the window: how labels enter, choices. */
  readonly promise?: Partial<LocalityPromise>
  /**
   * Layer after layer, each on what the frozen ones below it keep. Absent: on the output below, as it is in use. An
   * object, where what layers read in training is not what they read in use. A string: why it cannot be done.
   */
  readonly greedy?:
    | string
    | {
        /** From a layer's output in use to one row for each of `samples` samples, [samples, ...]. */
        keep(output: Tensor, samples: number): Tensor
        /** What layer `layer` > 0 reads while it learns; `batch.x` holds what was kept of the layer below. */
        training(batch: Batch, layer: number): Fed<Given>
      }
}

/** The learned state of a stack of layers; the leaves' names start with these words. */
export type Stack<Parameters extends Tree = Tree, Running extends Tree = Tree, HeadParameters extends Tree = Tree> = {
  readonly layers: readonly Parameters[]
  /** Of each layer or, where the design says so, of each loss. */
  readonly optimizers: readonly Tree[]
  /** Running values of each layer, {} where it has none. */
  readonly running: readonly Running[]
  readonly head?: { readonly parameters: HeadParameters; readonly optimizer: Tree }
  /** What predictions were made of when the epoch began, where the design keeps it. */
  readonly snapshot?: Snapshot<Parameters, Running, HeadParameters>
}

/** What predictions are made of. */
export type Snapshot<
  Parameters extends Tree = Tree,
  Running extends Tree = Tree,
  HeadParameters extends Tree = Tree,
> = {
  readonly layers: readonly Parameters[]
  readonly running: readonly Running[]
  readonly head?: { readonly parameters: HeadParameters }
}

/** A design whose layers only it knows. */
// biome-ignore lint/suspicious/noExplicitAny: the combinator runs designs of all parameters
export type AnyDesign = LayerwiseDesign<any, any, any, any, any>

/** What its step learned. */
export type AnyStack = Stack<Tree, Tree, Tree>
