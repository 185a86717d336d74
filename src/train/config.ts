import type { Checkpoint } from './checkpoint.js'
import type { StartEvent } from './events.js'
import type { Position } from './plan.js'
import type { NamedTensor } from './safetensors.js'
import type { TrainerConfig } from './trainer.js'

/** Another network that a training takes its first weights from. */
export interface Origin {
  /** Its name for people: the folder of its run. */
  readonly run: string
  readonly state: readonly NamedTensor[]
  /** Whether a network with which it shares no weights is no error. */
  readonly optional?: true
}

/** Where a training stands, and, with patience, the best epoch of the phase so far. */
export interface Stands {
  readonly at: Position
  readonly best: Checkpoint['best']
}

/** What a training is asked to do. */
export interface TrainConfig extends TrainerConfig {
  /** Stops between two calls: a checkpoint is written, and `stopped` is the last event. */
  readonly signal?: AbortSignal | undefined
  /** Goes on where this checkpoint ends. Its settings must be those asked for here. */
  readonly resume?: Checkpoint | undefined
  /** For a layer that is trained alone: the network whose layers below it are frozen. */
  readonly below?: Checkpoint | undefined
  /** Another network whose weights are the first ones, wherever names and shapes are equal. */
  readonly from?: Origin | undefined
  /** False: the test samples are not read, and `done` says nothing of them. For trainings among which one is chosen. */
  readonly test?: false | undefined
  /** False: nothing is looked for that could be wrong with the training. For trainings that nobody watches. */
  readonly advice?: false | undefined
  /**
   * Awaited before each call: the call is made when it resolves, and takes at most so many steps. Told where the
   * training stands. For pages, which hold a training and make single steps of it.
   */
  readonly turn?: ((standing: Stands) => Promise<number | undefined>) | undefined
  /** What only the caller knows of the run, for its first event. */
  readonly told?: Pick<StartEvent, 'run' | 'preset' | 'replaced'> | undefined
}
