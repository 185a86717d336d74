import type { Certificate } from '../certificate/certificate.js'
import type { GivenDataSet, GivenNumbers, GivenSplit, Samples } from '../data/index.js'
import type { Phase } from '../rules/contract.js'
import type { Activity } from '../train/activities.js'
import type { Origin } from '../train/config.js'
import type { Confusion } from '../train/confusion.js'
import type { Drawing } from '../train/drawing.js'
import type { Criterion, Scores, TrainEvent } from '../train/events.js'
import type { Decoded } from '../train/latents.js'
import type { Predicted } from '../train/network.js'
import type { Settings, TrainInput } from '../train/options.js'
import type { RunConfig } from '../train/run-config.js'
import type { Watched } from '../train/watch.js'
import type { RuntimeSource } from './platform.js'

/** A rule as the text of a JavaScript module that exports it; it may import `onward` and its parts by their names. */
export interface RuleModule {
  readonly module: string
  /** What its mistakes are told by. Default: `rule.js`. */
  readonly name?: string
}

/**
 * A run as the files of its folder, by name: `config.json`, `metrics.jsonl`, `checkpoint.safetensors`. Written to a
 * folder, they are a run that the command line and `onward/node` evaluate and go on with; read from one, a run that a
 * page goes on with. `metrics.jsonl` may be missing.
 */
export type RunFiles = Readonly<Record<string, Uint8Array<ArrayBuffer>>>

/** Where steps run. `auto`: WebGPU or WebAssembly, whichever takes less time for steps of this training. */
export type DeviceChoice = 'auto' | 'wasm' | 'webgpu'

/** What is needed of a worker; a bridge to one in another frame does the same. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>

/** Where the worker and ONNX Runtime come from. */
export interface Place {
  /**
   * Makes the worker. It is needed for rules and data of a page's own code, and where the page may not start a worker
   * from a blob: a module that calls `serve` of `onward/browser/worker`. Default: Onward's own worker, which this
   * module carries as text.
   */
  readonly worker?: (() => WorkerLike) | undefined
  /**
   * The folder in which the page serves `RUNTIME_FILES`, a URL that ends in `/`. Default: none, these files are carried
   * as text, in modules that are loaded when they are needed.
   */
  readonly runtimeFolder?: string | undefined
  /** Gives these files, for a worker that can fetch none: that of a frame without an origin. */
  readonly runtime?: ((device: 'wasm' | 'webgpu') => Promise<RuntimeSource>) | undefined
}

/** Where a run is kept. */
export interface Keeping {
  /** Keeps the run in the browser's store under this name; see `runs`. Default: it is kept by nobody but the page. */
  readonly keep?: string | undefined
  /**
   * Takes the place of the run that the store keeps under this name, once its own first epoch has ended. Default: a name
   * that is taken is an error.
   */
  readonly replace?: true | undefined
  /**
   * Told, in a sentence, why the run is not kept: another tab has it open, the store is full or closed to the page. The
   * training then goes on without. Default: that is an error.
   */
  readonly unkept?: ((why: string) => void) | undefined
}

export interface OpenRequest extends Omit<TrainInput, 'options' | 'settings'>, Place, Keeping {
  /**
   * The name of one of Onward's rules, or of one that the page's own worker serves; or the text of a module. A rule
   * itself holds functions, which cannot be sent to a worker: let a worker of your own serve it.
   */
  readonly rule: string | RuleModule
  /** A data set; or `glyphs`, or the name of one that the page's own worker serves. Its arrays are copied. */
  readonly data: GivenDataSet | string
  /** The options of training, as of Node; the device is `auto` where none is named. */
  readonly options?: Readonly<Omit<NonNullable<TrainInput['options']>, 'device'> & { readonly device?: DeviceChoice }>
  /** Another network, whose weights are the first ones wherever names and shapes are equal. */
  readonly from?: Origin | undefined
  /** Ends the worker at once, also while the session is being opened. What was not kept is lost. */
  readonly signal?: AbortSignal | undefined
}

/** How to go on with a run. Its rule and data are handed in where Onward does not know them by name. */
export interface OpenRunRequest extends Place, Keeping {
  readonly rule?: OpenRequest['rule'] | undefined
  readonly data?: OpenRequest['data'] | undefined
  /** The new total, to train longer; schedules go by it. */
  readonly epochs?: number | undefined
  readonly device?: DeviceChoice | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a session has found out when it is open; plain data. */
export interface About {
  readonly rule: string
  readonly title: string
  readonly data: string
  /** What the network reads, and how its classes are called. */
  readonly samples: Samples
  readonly trainSamples: number
  readonly validationSamples: number
  readonly testSamples: number
  /** Complete: every default is filled in, and the device that was chosen. */
  readonly settings: Settings
  readonly device: 'wasm' | 'webgpu'
  readonly threads: number
  /** Of the trial of devices: seconds of a step, of each that was tried. */
  readonly tried?: Readonly<Partial<Record<'wasm' | 'webgpu', number>>>
  /** The names of the blocks, from below, with the paths of their tensors. */
  readonly blocks: readonly { readonly name: string; readonly parameters: readonly string[] }[]
  /** Of the whole training; `batches` of an epoch. */
  readonly steps: number
  readonly batches: number
  readonly parameters: number
  /** Bytes of a training step: activities at their peak, weights and optimiser. */
  readonly peakActivationBytes: number
  readonly stateBytes: number
  /** The parts of a training step, in plain sentences. */
  readonly phases: readonly Phase[]
  /** Whether the rule predicts, or only generates. */
  readonly predicts: boolean
  /** What stands for an image in the network, in words, where the rule has that: `encode`, `decode`. */
  readonly latents?: string
  /** The pictures that `samples` draws, by name, with their titles; empty where there are none. */
  readonly pictures: Readonly<Record<string, string>>
}

/** `ready`: nothing is being trained. `lost`: the worker is gone; `recover` goes on from the last checkpoint. */
export type SessionState = 'ready' | 'training' | 'paused' | 'lost' | 'closed'

export interface TrainOptions {
  /** Begin paused: then `step` and `resume` move it. */
  readonly paused?: boolean
  /** False: the test samples are not read at the end, and `done` says nothing of them. */
  readonly test?: false
}

export interface Evaluation {
  /** Of what has learned, as in Node. */
  readonly scores: Scores
  /** Which of these figures the run is judged by. */
  readonly criterion: Criterion
  readonly samples: number
  /** Where the target is a class: of the network and of each part that predicts. */
  readonly confusion?: { readonly network?: Confusion; readonly blocks: Readonly<Record<string, Confusion>> }
}

export interface SamplesOptions {
  /** Which pictures; default: all that the rule has. */
  readonly names?: readonly string[]
  /** The images that a picture starts from: the first held-out ones. Default: 20. */
  readonly count?: number
  /** Of the noise. Default: 0. */
  readonly seed?: number
}

/** What can be seen of the network while it learns from a batch: the one that comes next. */
export interface WatchedBatch {
  /** Steps that are done. */
  readonly step: number
  /** Samples of the batch that are shown: its first ones. */
  readonly count: number
  /** [count, ...input], as the step reads them. */
  readonly x: Float32Array
  /** Their targets; absent where there are none. */
  readonly target?: Float32Array | Int32Array | Uint8Array
  /** What the blocks hold in each phase (`about.phases`): of these samples, or, where each has one number, of all. */
  readonly sights: readonly Watched[]
}

/** A network as an ONNX model. */
export interface Exported {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The number of samples that it takes at a time: any, or just so many. */
  readonly batch: 'any' | number
}

/**
 * A rule on its data, in a worker of its own: tracing, compiling, batches, steps and evaluation all happen there.
 * Methods may be called at any time, also while it trains; what they ask for is answered between two calls of the
 * training, of the network as it then is. All throw a UserError where something is wrong, and where the worker is lost.
 */
export interface Session {
  readonly about: About
  readonly state: SessionState
  /** What each block's update reads, of every program that this training may run. */
  certificate(): Certificate
  /**
   * Trains from where the network stands to the end, and tells of it as `train` does in Node: `start` first, at the
   * end `done`, or `stopped`. It begins when the first event is asked for. The training does not wait for a slow
   * reader until 64 events are unread; whoever leaves the loop stops it. A run that was stopped goes on by calling
   * this again. Throws a UserError where it is training already.
   */
  train(options?: TrainOptions): AsyncGenerator<TrainEvent>
  /** Holds the training before its next call; resolves when none runs. A call takes up to half a second. */
  pause(): Promise<void>
  resume(): void
  /**
   * Makes one step and holds the training; resolves when it is made, with what follows an epoch if it ended one. Its
   * `progress` event comes from `train`.
   */
  step(): Promise<void>
  /** Ends the training with a checkpoint; the loop over `train` then ends with `stopped`. */
  stop(): Promise<void>
  /**
   * The network as it was before the first step. Stops a training first. What the store keeps of the run stays there until
   * the next epoch has ended.
   */
  reset(): Promise<void>
  /** What the network says of inputs as its data set has them, [count][size]. Throws where it only generates. */
  predict(inputs: readonly GivenNumbers[]): Promise<Predicted[]>
  /** Measures the network; a split of one's own is of the same inputs and targets. Default: `test`. */
  evaluate(on?: 'test' | 'validation' | GivenSplit): Promise<Evaluation>
  /** What the rule's pictures show; `rgbaOf` makes an image of one. Test samples are read for that of its decisions alone. */
  samples(options?: SamplesOptions): Promise<Drawing[]>
  /** What each block hands up for these inputs, from below. */
  activities(inputs: readonly GivenNumbers[]): Promise<Activity[]>
  /** What stands for these inputs in the network, D numbers each. Throws where the rule has no latents. */
  encode(inputs: readonly GivenNumbers[]): Promise<Float32Array[]>
  /** The images that such numbers stand for. */
  decode(latents: readonly ArrayLike<number>[]): Promise<Decoded>
  /** What the rule lets people see of the batch that comes next, of its first samples. Nothing is learned by it. Default: 8. */
  watch(samples?: number): Promise<WatchedBatch>
  /** Calls a method that the page's own worker adds to its sessions (`serve`), between two calls of the training. */
  ask<T>(method: string, ...args: readonly unknown[]): Promise<T>
  /** The checkpoint of the network as it is, as the file `checkpoint.safetensors` of a run holds it. */
  toBytes(): Promise<Uint8Array<ArrayBuffer>>
  /** Takes a checkpoint of this training; `train` goes on from there. Throws where it is another's, and nothing changes. */
  fromBytes(bytes: Uint8Array): Promise<void>
  /** The run as the files of its folder. */
  files(): Promise<RunFiles>
  /** Throws where the rule only generates. */
  exportOnnx(): Promise<Exported>
  /** Resolves when the worker was lost, with the sentence that says so; never otherwise. */
  readonly lost: Promise<string>
  /**
   * After the worker was lost, or a training ended with an error, as where a graphics card goes away: the same session in
   * a new worker, on the device that is named, from the last checkpoint (there is one at the
   * beginning, after every epoch, and as `checkpointEvery` says).
   */
  recover(device?: DeviceChoice): Promise<Session>
  /** Ends the worker. A training that runs ends without a further checkpoint: stop it first. */
  close(): Promise<void>
}

export type { Activity, Certificate, Confusion, Drawing, Origin, Phase, RunConfig, RuntimeSource, TrainEvent, Watched }
