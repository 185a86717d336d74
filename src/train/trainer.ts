import type { Certificate } from '../certificate/certificate.js'
import { checkSplit, type DataSet, type Split } from '../data/index.js'
import { UserError } from '../errors.js'
import type { AnyRule, Block, Task } from '../rules/contract.js'
import type { Pace, TensorRecord } from '../runtime/index.js'
import { type Checkpoint, nameState, samplesOf } from './checkpoint.js'
import type { Scores } from './events.js'
import { feed, type Given, type Take } from './feed.js'
import { meter } from './meter.js'
import { notFinite } from './not-finite.js'
import { resolve, type Settings, type Wishes } from './options.js'
import { type Done, type Pipeline, pipelineOf, stepsIn, type Wanted } from './pipeline.js'
import { checkPosition, endOf, isEpochDone, nextEpoch, type Plan, type Position, positionAt, stepAt } from './plan.js'
import type { Platform } from './platform.js'
import { measure, measuring } from './score.js'
import { openSession, type StateTensor } from './session.js'

export interface TrainerConfig extends Wishes {
  readonly rule: AnyRule
  readonly data: DataSet
  readonly platform: Platform
}

/** What a trainer did. */
export interface Ran {
  /** Where it stands now. */
  readonly at: Position
  /** Fewer than were asked for where the training ends. */
  readonly steps: number
  /** Means over the steps. */
  readonly metrics: Scores
  /** What stopped being a finite number, in words. No step was made after it. */
  readonly notFinite?: string
}

/**
 * A rule on its data, to be trained step by step from any state and any place in its schedule. `train` is made of it.
 * The same state, place and settings give the same numbers, however the steps are cut.
 */
export interface Trainer {
  readonly settings: Settings
  readonly task: Task
  readonly plan: Plan
  /** From below, with the paths of their tensors. */
  readonly blocks: readonly Block[]
  /** The tensors of the state: which are the model, statistics, or the optimiser's. */
  readonly tensors: readonly StateTensor[]
  /** Of all programs that this training can run. */
  readonly certificate: Certificate
  readonly trainingSamples: number
  readonly validation: Split
  readonly parameters: number
  /** Of the step that takes most. */
  readonly peakActivationBytes: number
  readonly stateBytes: number
  /** Where the training stands after so many of its steps. */
  positionAt(step: number): Position
  /** The state that the seed gives. */
  initialState(): Promise<TensorRecord>
  /** Copies the numbers in. Throws a UserError where a tensor is missing or does not fit. */
  load(state: TensorRecord): Promise<void>
  /** A copy of the state. */
  read(): Promise<TensorRecord>
  /**
   * Makes steps from a position on, past the ends of epochs and phases. `given` is read in the place of training data:
   * in a greedy phase, what the layers below the one that learns hand up.
   */
  run(at: Position, steps: number, given?: Given): Promise<Ran>
  /** One call of one program, from a position that is not the end of an epoch: as many steps as it is fast to take. */
  next(at: Position, wanted?: Wanted): Promise<Done>
  /** The samples of the batch at a position, changed by augmentation as its step would read them. */
  batch(at: Position): Promise<Given>
  /** Compiles what runs at a position. */
  prepare(at: Position): Promise<void>
  /** What layer `layer` of a greedy rule reads of inputs [N, ...], N whole batches, as the layers below it are now. */
  features(layer: number, x: Float32Array): Promise<Float32Array>
  /** Measures samples of the data set. */
  measure(split: Split): Promise<Scores>
  /** The same; yields the number of samples that are done, and ends with undefined if the signal cut it short. */
  measuring(split: Split, signal?: AbortSignal): AsyncGenerator<number, Scores | undefined>
  /** All that is needed to go on from here. */
  checkpoint(at: Position, state: TensorRecord, best?: Checkpoint['best']): Checkpoint
  close(): Promise<void>
}

/** Throws a UserError for settings that are wrong. To be closed after use. */
export async function openTrainer(config: TrainerConfig): Promise<Trainer> {
  const { rule, data, platform } = config
  const settings = resolve(rule, data, config)
  const session = await openSession(rule, data, settings, platform)
  const { course, task, blocks, tensors, training, validation, predictor } = session
  const { plan } = course
  const paces = new Map<string, Pace>()
  let phase: { number: number; pipeline: Pipeline } | undefined

  const pipelineAt = async (number: number): Promise<Pipeline> => {
    if (phase?.number !== number) {
      const make = feed(plan, training, settings.options, await session.source(number))
      phase = { number, pipeline: pipelineOf(course, session.program, make, paces) }
    }
    return phase.pipeline
  }
  const next = async (at: Position, wanted?: Wanted): Promise<Done> => {
    checkPosition(plan, at)
    if (at.phase === plan.phases || isEpochDone(plan, at))
      throw new UserError(`no step begins at ${JSON.stringify(at)}: the batches of that epoch are done`)
    return (await pipelineAt(at.phase)).next(at, wanted)
  }

  return {
    ...{ settings, task, plan, blocks, tensors, validation },
    certificate: session.certificate,
    trainingSamples: training.split.count,
    parameters: session.parameters,
    peakActivationBytes: session.peakActivationBytes,
    stateBytes: session.stateBytes,
    positionAt: (step) => positionAt(plan, step),
    initialState: session.initialState,
    async load(state) {
      // What was made ahead, or kept of frozen layers, belongs to the state before.
      phase = undefined
      await session.load(state)
    },
    read: session.read,
    async run(begin, steps, given) {
      checkPosition(plan, begin)
      if (!(steps >= 0 && (Number.isInteger(steps) || steps === Number.POSITIVE_INFINITY)))
        throw new UserError(`the steps to run are a whole number from 0, not ${steps}`)
      const means = meter()
      let at = begin
      let done = 0
      let broken: string | undefined
      const take = given && handedOut(given)
      while (done < steps && at.phase < plan.phases && broken === undefined) {
        if (isEpochDone(plan, at)) {
          at = nextEpoch(plan, at)
          continue
        }
        const call = await next(at, { most: steps - done, ...(take && { take }) })
        means.add(call.metrics)
        broken = notFinite(call, blocks)
        at = endOf(call.call)
        done += stepsIn(call.call)
      }
      return { at, steps: done, metrics: means.means(), ...(broken !== undefined && { notFinite: broken }) }
    },
    next,
    async prepare(at) {
      if (isEpochDone(plan, at)) return
      await pipelineAt(at.phase)
      await session.program(stepAt(plan, at))
    },
    features: session.features,
    batch: session.batch,
    async measure(split) {
      checkSplit(split, data, 'the samples to measure')
      return await measure(predictor, split)
    },
    measuring: (split, signal) => measuring(predictor, split, signal),
    checkpoint: (position, state, best) => ({
      ...{ rule: rule.id, data: data.name, settings, samples: samplesOf(data), position },
      state: nameState(tensors, state),
      ...(best && { best }),
    }),
    close: session.close,
  }
}

/** Hands out what was given, piece by piece, as copies: a program takes its inputs away. */
function handedOut(given: Given): Take {
  const taken = { x: 0, target: 0 }
  return (name, length) => {
    const all = given[name]
    if (!all || taken[name] + length > all.length)
      throw new UserError(
        `these steps read ${taken[name] + length} numbers of ${name} and more; given are ${all?.length ?? 'none'}`,
      )
    taken[name] += length
    return all.slice(taken[name] - length, taken[name])
  }
}
