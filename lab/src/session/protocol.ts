import type { Certificate } from '../../../src/certificate/certificate.js'
import type { ImageShape, Samples as WholeSamples } from '../../../src/data/index.js'
import type { Phase } from '../../../src/rules/contract.js'
import type { Confusion } from '../../../src/train/confusion.js'
import type { Scores } from '../../../src/train/events.js'
import type { NamedTensor } from '../../../src/train/safetensors.js'
import type { Experiment } from '../state/experiment.js'

/** What is trained: an experiment without what the page alone knows. */
export type Wanted = Pick<Experiment, 'rule' | 'preset' | 'data' | 'hyper' | 'options'>

/** What the inputs and targets of data are. */
export type Samples = Pick<WholeSamples, 'input' | 'target' | 'names'>

export interface BlockAbout {
  readonly name: string
  readonly parameters: number
  /** What it hands up, of one sample: [units] or [C, H, W]; absent where that is not known. */
  readonly shape?: readonly number[]
}

/** Bytes of a training step. */
export interface Memory {
  readonly activations: number
  readonly weights: number
  /** Activations of backpropagation through the same layers. */
  readonly backpropagation?: number
}

/** What tracing alone tells: nothing is compiled or trained for it. */
export interface About {
  readonly blocks: readonly BlockAbout[]
  readonly certificate: Certificate
  readonly phases: readonly Phase[]
  readonly memory: Memory
  readonly parameters: number
  /** Of the whole training: where layers learn one after the other, those of all of them. */
  readonly epochs: number
  readonly batch: number
  /** Names of pictures that the network draws, with their descriptions. */
  readonly pictures: Readonly<Record<string, string>>
  /** What stands for an image in the network, in words. */
  readonly latents?: string
  /** What a score is called. */
  readonly scoreName: string
  readonly probabilities: boolean
  readonly warnings: readonly string[]
}

/** Where a training stands. */
export interface Standing {
  readonly step: number
  /** Epochs that are done, counted through all phases. */
  readonly epoch: number
  readonly done: boolean
}

export interface Progress extends Pick<Standing, 'step' | 'epoch'> {
  /** Training samples in a second, 0 before it is known. */
  readonly rate: number
  /** Means over the steps since the last time. */
  readonly metrics: Scores
}

/** What the held-out samples give: of what has learned. */
export interface Assessed extends Standing {
  readonly validation: Scores
  /** [classes, classes] of held-out samples, a row for each true class; absent where the target is no class, and where `validation` says nothing of the network. */
  readonly confusion?: Confusion
}

export interface EpochDone extends Pick<Assessed, 'validation' | 'confusion'> {
  readonly epoch: number
}

/** What a run was asked to do, as the page would ask for it, and its settings as the file of a run holds them. */
export interface Found {
  readonly wanted: Wanted
  readonly config: Uint8Array<ArrayBuffer>
}

/** One thing that is seen of a block, of the first samples of a batch. */
export interface Glance {
  readonly block: string
  readonly phase: string
  readonly what: string
  /** Of one sample; empty where it is one number. */
  readonly shape: readonly number[]
  /** [samples, ...shape]. */
  readonly values: Float32Array
  readonly samples: number
}

/** Images, pixels in [0, 1]. */
export interface Images {
  readonly count: number
  /** [C, H, W]. */
  readonly shape: ImageShape
  readonly pixels: Float32Array
}

/** What the network is and holds at this moment. */
export interface Look {
  readonly step: number
  /** Of the batch that comes next: its first samples, as images where they are some. */
  readonly batch?: Images & { readonly labels: readonly string[] }
  readonly glances: readonly Glance[]
  /** Filters of blocks that read the input, by block. */
  readonly filters: Readonly<Record<string, Images>>
}

/** A picture from a canvas. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

/** What the network and its parts say of one input. */
export interface Said {
  /** What the network saw. */
  readonly seen: Images
  readonly scores: readonly number[]
  readonly parts: Readonly<Record<string, readonly number[]>>
  /** Activities of the blocks, where the rule shows them. */
  readonly probabilities?: readonly number[]
}

export interface Drawn extends Images {
  readonly name: string
  readonly description: string
  readonly columns: number
}

/** Where one can move among the latents of a network. */
export interface Directions {
  /** The mean over held-out images, [D]. */
  readonly mean: Float32Array
  /** The two directions in which these differ most, each as long as their deviation in it. */
  readonly axes: readonly [Float32Array, Float32Array]
  /** Codes of the first of these images, as places by the axes. */
  readonly places: readonly (readonly [number, number])[]
}

/** What the sessions of the lab are asked beside what every session does: `Session.ask`. */
export type Methods = {
  look(): Promise<Look>
  /** The held-out samples, by the network as it is. */
  assess(): Promise<Assessed>
  /** Undefined where nothing is drawn. */
  say(drawing: Drawing): Promise<Said | undefined>
  directions(): Promise<Directions>
  /** The first weights, for a race. */
  lent(): Promise<readonly NamedTensor[]>
}
