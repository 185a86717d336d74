/** What jobs are: data, which the queue runs. */

/** What a job's rule, preset and assignments stand for today; what else its command sets is in the command. */
export interface JobSettings {
  readonly hyper: Readonly<{ [option: string]: unknown }>
  readonly train: Readonly<{ [option: string]: unknown }>
}

/** A training run for several seeds, as the command line would do it. */
export interface TrainingJob {
  readonly kind: 'training'
  readonly id: string
  readonly title: string
  /** Arguments of `onward train`, without the seed. */
  readonly arguments: readonly string[]
  /** The command that trains, and how, in the place of `train`. */
  readonly by?: readonly string[]
  readonly seeds: readonly number[]
  /** The test error that the run must reach, in per cent. */
  readonly target?: number
  /** The job of backpropagation on the same network: the two stand side by side in the README. */
  readonly against?: string
  /** Keep the run folders, for jobs that use the networks. */
  readonly keep?: true
}

/** A rule's training step timed against its PyTorch twin, A B A B in one session. */
export interface RuleSpeedJob {
  readonly kind: 'rule-speed'
  readonly id: string
  readonly title: string
  readonly rule: string
  readonly preset: string
  readonly hyper?: Readonly<Record<string, unknown>>
  /** The data set whose shapes are used. */
  readonly data: string
  readonly batch: number
  readonly twin: string
  /** The twin's name for this network and these settings. */
  readonly case: string
  readonly threads: 1 | 2
  /** Of our side's large products; PyTorch's are in float32. Default: float32. */
  readonly precision?: 'float32' | 'int8'
  /** Ours against PyTorch. Default: 1. */
  readonly target?: number
  /** Images of a mini-batch of the proof, where those of the job take too long. Default: `batch`. */
  readonly proofBatch?: number
  /** How far apart losses may lie after several mini-batches where the rule makes much of what both sides round. */
  readonly mostApart?: number
}

/** What each layer of a step takes, part by part, in float32 and in 8 bits; ours alone. */
export interface LayerTimesJob {
  readonly kind: 'layer-times'
  readonly id: string
  readonly title: string
  readonly rule: string
  readonly preset: string
  /** The data set whose shapes are used. */
  readonly data: string
  readonly batch: number
  readonly threads: 1 | 2
}

/** How fast trainings of several jobs are, in turns: what their epochs take on a quiet machine. */
export interface PacesJob {
  readonly kind: 'paces'
  readonly id: string
  readonly title: string
  readonly threads: 1 | 2
  /** Ids of training jobs. */
  readonly jobs: readonly string[]
  /** Training images of an epoch; two epochs are timed. */
  readonly images: number
  readonly rounds: number
}

/** What a training takes in memory at its peak, counted over its graphs. */
export interface MemoryJob {
  readonly kind: 'memory'
  readonly id: string
  readonly title: string
  readonly arm: string
  /** The data set whose shapes are used. */
  readonly data: string
  /** Layers of the network. */
  readonly depth: number
  /** It is backpropagation itself: plain layers are not told beside it. */
  readonly isBackprop?: true
}

/** How many samples from the prior of each run of a training job a trained classifier is sure of. */
export interface JudgeJob {
  readonly kind: 'judge'
  readonly id: string
  readonly title: string
  /** The training jobs whose runs draw and judge; both keep their runs. */
  readonly drawers: string
  readonly judge: string
}

/** Settings that were searched with one budget for several variants, and what that gained on test images. */
export interface TunedJob {
  readonly kind: 'tuned'
  readonly id: string
  readonly title: string
  /** The rule, its data and its preset, and how long each training is: of `onward tune` and of `onward train`. */
  readonly base: readonly string[]
  /** What else the search is given: its images, its trials, and where it looks. */
  readonly search: readonly string[]
  /** What else the trainings are given that are judged by test images. */
  readonly final: readonly string[]
  /** What `onward samples` is given to judge them. */
  readonly judged: readonly string[]
  /** The training job whose run's features measure distances. */
  readonly classifier: string
  readonly seeds: readonly number[]
}

/** A study that is killed beside one that is not, and what ending poor trials early saves. */
export interface StudyJob {
  readonly kind: 'study'
  readonly id: string
  readonly title: string
  /** Arguments of `onward tune`. */
  readonly arguments: readonly string[]
  readonly trials: number
  /** Finished trials after which it is killed; none: it is not. */
  readonly killedAfter: readonly number[]
  /** Compared with several seeds; the first one ends no trial early. */
  readonly pruners: readonly string[]
  readonly seeds: readonly number[]
}

/** How many of 50 distorted, unseen pictures of digits a network reads, with the ink cut out and without. */
export interface PicturesJob {
  readonly kind: 'pictures'
  readonly id: string
  readonly title: string
  /** Arguments of `onward train`, without the seed. */
  readonly arguments: readonly string[]
  readonly seeds: readonly number[]
  /** The share that must be right. */
  readonly target: number
}

/** What the nearest linear function of the training rows of a table says of its test rows. */
export interface LeastSquaresJob {
  readonly kind: 'least-squares'
  readonly id: string
  readonly title: string
  readonly data: string
}

/** A training step timed against its PyTorch twin, A B A B in one session. */
export interface SpeedJob {
  readonly kind: 'speed'
  readonly id: string
  readonly title: string
  readonly units: readonly number[]
  readonly batch: number
  readonly threads: 1 | 2
  readonly precision: 'float32' | 'int8'
  /** Ours against PyTorch: 1.2 is a fifth faster. */
  readonly target?: number
  /** Of a step in 8 bits: against PyTorch in bfloat16. */
  readonly bfloat16Target?: number
}

/** Our step late in a training against the same step early on. */
export interface SteadinessJob {
  readonly kind: 'steadiness'
  readonly id: string
  readonly title: string
  readonly units: readonly number[]
  readonly batch: number
  readonly threads: 1 | 2
}

/** All labels against one pass, ours alone. */
export interface InferenceJob {
  readonly kind: 'inference'
  readonly id: string
  readonly title: string
  readonly units: readonly number[]
  /** At most this many single passes. */
  readonly target?: number
}

/** A 3x3 convolution of 64 to 128 channels at 32x32, batch 64, and its weight gradient, against PyTorch in float32. */
export interface ConvolutionJob {
  readonly kind: 'convolution'
  readonly id: string
  readonly title: string
  readonly threads: 1 | 2
  /** Of the one in 8 bits. */
  readonly target?: number
}

/** What the command line prints, for the README. */
export interface OutputJob {
  readonly kind: 'output'
  readonly id: string
  readonly title: string
  readonly arguments: readonly string[]
}

export type Job =
  | TrainingJob
  | SpeedJob
  | SteadinessJob
  | RuleSpeedJob
  | LayerTimesJob
  | PacesJob
  | MemoryJob
  | JudgeJob
  | TunedJob
  | StudyJob
  | LeastSquaresJob
  | InferenceJob
  | ConvolutionJob
  | OutputJob
  | PicturesJob
