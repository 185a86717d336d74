import type { Certificate } from '../certificate/certificate.js'
import {
  checkDataSet,
  checkSplit,
  type GivenDataSet,
  gatherInputs,
  isAugmented,
  order,
  type Split,
} from '../data/index.js'
import { UserError } from '../errors.js'
import { sizeOf } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { liveness } from '../onnx/liveness.js'
import { certifyPrograms } from '../rules/certify.js'
import type { AnyRule, Block, Locality, Task } from '../rules/contract.js'
import type { Pace, Program, TensorRecord } from '../runtime/index.js'
import { type Checkpoint, nameState, samplesOf } from './checkpoint.js'
import { unitsOn } from './diagnostics/seen.js'
import type { Units } from './diagnostics/units.js'
import type { Scores } from './events.js'
import { frozenFeatures, keepFeatures } from './features.js'
import {
  feed,
  handedOut,
  inputsOf,
  type ReadRows,
  type Source,
  type StepInputs,
  type TrainingData,
  targetsOf,
} from './feed.js'
import { meter } from './meter.js'
import { initialNoise } from './noise.js'
import { notFinite } from './not-finite.js'
import { resolve, type Settings, type TrainInput } from './options.js'
import { type CallResult, type Pipeline, pipelineOf, stepsIn, type Wanted } from './pipeline.js'
import {
  checkPosition,
  endOf,
  globalEpoch,
  isEpochDone,
  nextEpoch,
  type Plan,
  type Position,
  positionAt,
  stepAt,
  stepsAt,
} from './plan.js'
import type { Platform } from './platform.js'
import { openPrograms } from './programs.js'
import { type ReadOutSolver, readOutSolver } from './read-out.js'
import { type StateTensor, tensorsOf } from './roles.js'
import { fixedBatches, partsOf, type Rows, shuffledRows } from './rows.js'
import { measure, measuring, predictor, type Seen } from './score.js'
import { groupsOf, taskOf, tracePlan } from './traced-plan.js'
import { type Watched, watcher } from './watch.js'

export interface TrainerConfig extends TrainInput {
  readonly rule: AnyRule
  readonly data: GivenDataSet
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
  readonly training: Split
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
   * in a greedy phase, what the layers below the one that learns hand up. Noise that belongs to samples is that of the
   * training samples at these places.
   */
  run(at: Position, steps: number, given?: StepInputs): Promise<Ran>
  /** One call of one program, from a position that is not the end of an epoch: as many steps as it is fast to take. */
  next(at: Position, wanted?: Wanted): Promise<CallResult>
  /** The samples of the batch at a position, changed by augmentation as its step would read them. */
  batch(at: Position): Promise<StepInputs>
  /** Compiles what runs at a position. */
  prepare(at: Position): Promise<void>
  /** The names of the tensors of the state that a step of the epoch at a position writes to. */
  written(at: Position): ReadonlySet<string>
  /** What the units of the blocks do on samples, of those that can be seen; one call of a program of its own. */
  units(split: Split): Promise<Readonly<Record<string, Units>>>
  /** What layer `layer` of a greedy rule reads of inputs [N, ...], N whole batches, as the layers below it are now. */
  features(layer: number, x: Float32Array): Promise<Float32Array>
  /**
   * What the rule, or else the graph of its predictions, lets people see of the batch at a position, as the network is
   * now. Nothing is learned by it.
   */
  watch(at: Position): Promise<readonly Watched[]>
  /** Measures samples of the data set. `seen` is told what the network and its parts say of them. */
  measure(split: Split, seen?: Seen): Promise<Scores>
  /** The same; yields the number of samples that are done, and ends with undefined if the signal cut it short. */
  measuring(split: Split, signal?: AbortSignal): AsyncGenerator<number, Scores | undefined>
  /** Of a rule whose read-out is solved. */
  readonly readOut?: ReadOutSolver
  /** All that is needed to go on from here. */
  checkpoint(at: Position, state: TensorRecord, best?: Checkpoint['best']): Checkpoint
  close(): Promise<void>
}

/** Throws a UserError for settings that are wrong. To be closed after use. */
export async function openTrainer(config: TrainerConfig): Promise<Trainer> {
  const { rule, platform } = config
  const data = checkDataSet(config.data)
  const settings = resolve(rule, data, config)
  const { hyper, options } = settings
  const { train, validation } = partsOf(data, options)
  const training: TrainingData = { split: train, samples: data }
  const task = await taskOf(data, options, platform)
  const tracedPlan = tracePlan(rule, task, settings, train.count)
  const { plan, steps, traced } = tracedPlan
  const { predict, init } = traced
  const { blocks }: Locality = rule.locality(task, hyper)
  const tensors = tensorsOf(predict, blocks)
  const memory = Object.values(steps).map(liveness)
  const programs = await openPrograms(platform, options, predict)
  const { owner } = programs
  const predicting = predictor({
    ...{ program: owner, inputs: predict.batch, samples: data },
    ...{ batch: options.batch, seed: options.seed },
  })
  const inputs = inputsOf(training, options)
  const augmented = isAugmented(options.augment)
  const program = (step: string): Promise<Program> => programs.shared(step, steps[step]!)

  /** The order of the samples in a phase. What is kept of frozen layers was computed in batches that stay together. */
  const rowsOf = (phase: number): Rows =>
    (tracedPlan.features(phase) && !augmented ? fixedBatches : shuffledRows)(plan, train.count, options)
  const frozen = async (layer: number, graph: StepGraph, read: ReadRows): Promise<ReadRows> =>
    frozenFeatures(graph, await programs.shared(`features ${layer}`, graph), read, options.batch)
  const sourceOf = async (number: number): Promise<Source> => {
    const rows = rowsOf(number)
    const graph = tracedPlan.features(number)
    if (!graph) return { rows, read: inputs }
    const compute = await frozen(number, graph, inputs)
    const budget = augmented ? 0 : options.cacheBytes
    const kept = await keepFeatures(compute, graph, rows({ phase: number, epoch: 0 }), train.count, budget)
    return { rows, read: kept ?? compute }
  }

  const batch = async (at: Position): Promise<StepInputs> => {
    checkPosition(plan, at)
    if (at.phase === plan.phases || at.batch === plan.batches)
      throw new UserError(`no batch begins at ${JSON.stringify(at)}: those of that epoch are done`)
    const rows = rowsOf(at.phase)(at).slice(at.batch * options.batch, (at.batch + 1) * options.batch)
    return { x: await inputs(rows, globalEpoch(plan, at)), ...targetsOf(training, rows) }
  }

  const paces = new Map<string, Pace>()
  let certificate: Certificate | undefined
  let phase: { number: number; pipeline: Pipeline } | undefined
  const pipelineAt = async (number: number): Promise<Pipeline> => {
    if (phase?.number !== number) {
      // No program of a phase runs in another one.
      if (phase) await programs.letGo(() => true)
      const make = feed(plan, training, options, await sourceOf(number))
      phase = { number, pipeline: pipelineOf(tracedPlan, program, make, paces) }
    }
    return phase.pipeline
  }
  const next = async (at: Position, wanted?: Wanted): Promise<CallResult> => {
    checkPosition(plan, at)
    if (at.phase === plan.phases || isEpochDone(plan, at))
      throw new UserError(`no step begins at ${JSON.stringify(at)}: the batches of that epoch are done`)
    if (at.batch === 0) await programs.letGo((step) => tracedPlan.isPast(step, at))
    return (await pipelineAt(at.phase))(at, wanted)
  }

  return {
    ...{ settings, task, plan, blocks, tensors, validation },
    get certificate() {
      // Read where it is asked for: a client of a federation opens a trainer and shows none, and it takes half of the start.
      certificate ??= certifyPrograms(rule, traced, task, hyper, groupsOf(tracedPlan, options))
      return certificate
    },
    trainingSamples: train.count,
    training: train,
    parameters: tensors.filter(({ role }) => role === 'model').reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    peakActivationBytes: Math.max(...memory.map(({ peakActivationBytes }) => peakActivationBytes)),
    stateBytes: memory[0]!.stateBytes,
    positionAt: (step) => positionAt(plan, step),
    async initialState() {
      const rows = order(train.count, options.seed, 0).slice(0, options.batch)
      const x = new Float32Array(rows.length * sizeOf(data.input.shape))
      gatherInputs(data, train, rows, x)
      const sample = Object.entries({ x, ...targetsOf(training, rows) }).filter(([name]) =>
        init.batch.some((port) => port.name === name),
      )
      const noise = initialNoise(init.batch, options.seed)
      return (await programs.runOnce(init, { ...Object.fromEntries(sample), ...noise })).metrics
    },
    async load(state) {
      // What was made ahead, or kept of frozen layers, belongs to the state before.
      phase = undefined
      await owner.load(state)
    },
    read: () => owner.read(),
    async run(begin, count, given) {
      checkPosition(plan, begin)
      if (!(count >= 0 && (Number.isInteger(count) || count === Number.POSITIVE_INFINITY)))
        throw new UserError(`the steps to run are a whole number from 0, not ${count}`)
      const means = meter()
      let at = begin
      let done = 0
      let broken: string | undefined
      const take = given && handedOut(given)
      while (done < count && at.phase < plan.phases && broken === undefined) {
        if (isEpochDone(plan, at)) {
          at = nextEpoch(plan, at)
          continue
        }
        const call = await next(at, { most: count - done, ...(take && { take }) })
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
      await program(stepAt(plan, at))
    },
    written: (at) =>
      new Set(
        stepsAt(plan, at).flatMap((step) =>
          steps[step]!.state.flatMap(({ name, input, output }) => (input === output ? [] : [name])),
        ),
      ),
    units: (split) => unitsOn(split, { predict, blocks, data, options, programs }),
    async features(layer, x) {
      const layers: number = rule.greedy?.layers(task, hyper) ?? 0
      if (!(Number.isInteger(layer) && layer >= 0 && layer < layers))
        throw new UserError(`${rule.id} trains ${layers} layers one after the other here: there is no layer ${layer}`)
      if (layer === 0) return x
      const size = sizeOf(task.input.shape)
      if (x.length % (size * options.batch) !== 0)
        throw new UserError(`features are made of whole batches, ${options.batch} samples of ${size} numbers each`)
      const given: ReadRows = async (indices) => x.slice(size * indices[0]!, size * (indices.at(-1)! + 1))
      const compute = await frozen(layer, traced.greedy(layer).features, given)
      const places = Uint32Array.from({ length: x.length / size }, (_, i) => i)
      return await compute(places, 0)
    },
    batch,
    watch: watcher({ traced, blocks, programs, settings, batch }),
    measure: async (split, seen) => await measure(predicting, checkSplit(split, data, 'the samples to measure'), seen),
    measuring: (split, signal) => measuring(predicting, split, { signal }),
    ...(traced.readOut && {
      readOut: readOutSolver({ rule, data, training: train, settings, task, traced, programs }),
    }),
    checkpoint: (position, state, best) => ({
      ...{ rule: rule.id, data: data.name, settings, samples: samplesOf(data), position },
      state: nameState(tensors, state),
      ...(best && { best }),
    }),
    close: programs.close,
  }
}
