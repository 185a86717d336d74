import type { Certificate } from '../../../src/certificate/certificate.js'
import type { Phase } from '../../../src/rules/contract.js'
import type { Scores } from '../../../src/train/events.js'
import type { NamedTensor } from '../../../src/train/safetensors.js'
import type { Experiment } from '../state/experiment.js'

/** What is trained: an experiment without what the page alone knows. */
export type Wanted = Pick<Experiment, 'rule' | 'preset' | 'data' | 'hyper' | 'options'>

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
  readonly epochs: number
  readonly batch: number
  /** Names of pictures that the network draws, with their descriptions. */
  readonly pictures: Readonly<Record<string, string>>
  /** What a score is called. */
  readonly scoreName: string
  readonly probabilities: boolean
  readonly warnings: readonly string[]
}

/** A session that is ready to train. */
export interface Opened {
  readonly trainingSamples: number
  readonly validationSamples: number
  readonly batches: number
  readonly steps: number
  readonly device: string
  readonly standing: Standing
}

/** Where ONNX Runtime is: a folder that the worker can read, or its files. */
export type Runtime = { readonly folder: string } | { readonly mjs: string; readonly wasm: ArrayBuffer }

/** Where a training stands. */
export interface Standing {
  readonly step: number
  readonly epoch: number
  readonly batch: number
  readonly running: boolean
  readonly done: boolean
  /** Training samples in a second, 0 before it is known. */
  readonly rate: number
}

export interface Progress extends Standing {
  /** Means over the steps since the last time. */
  readonly metrics: Scores
}

export interface EpochDone {
  readonly epoch: number
  readonly validation: Scores
  /** [classes, classes] of validation samples, a row for each true class; absent where the target is no class. */
  readonly confusion?: { readonly classes: number; readonly counts: Uint32Array }
  readonly seconds: number
}

/** What a worker tells unasked. */
export type Told =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'epoch'; readonly epoch: EpochDone }
  | { readonly kind: 'done'; readonly test: Scores }
  | { readonly kind: 'failed'; readonly message: string }

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
  readonly shape: readonly [number, number, number]
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

/** What a worker does when asked. */
export interface Orders {
  /** First of all. `closed`: the worker has no network and no store, and may run code that a person wrote. */
  begin(closed: boolean): void
  /** Before anything is opened. */
  use(runtime: Runtime): void
  /** `module`: the text of a rule of one's own. */
  describe(wanted: Wanted, module?: string): About
  /** `borrowed`: first weights of a network that it races. */
  open(wanted: Wanted, module?: string, borrowed?: readonly NamedTensor[]): Opened
  /** The first weights of what is open. */
  lent(): readonly NamedTensor[]
  /** What a run was asked to do, from its checkpoint. */
  read(bytes: Uint8Array, name: string): Wanted
  /** Opens a run where it stands. */
  goOn(bytes: Uint8Array, name: string): Opened
  run(): void
  pause(): Standing
  step(): Standing
  reset(): Standing
  look(): Look
  /** Undefined where nothing is drawn. */
  say(drawing: Drawing): Said | undefined
  draw(name: string): Drawn
  samples(count: number): Images & { readonly labels: readonly string[] }
  checkpoint(): Uint8Array
  onnx(): Uint8Array
}
