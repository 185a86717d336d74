import type { Certificate } from '../certificate/certificate.js'
import type { Program as Certified } from '../certificate/certify.js'
import type { DataSet, Split } from '../data/index.js'
import { gatherInputs, holdOut, order, outputCount, select } from '../data/index.js'
import { UserError } from '../errors.js'
import { type DType, type Shape, sizeOf } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { liveness } from '../onnx/liveness.js'
import { certifyPrograms, greedyProgram } from '../rules/certify.js'
import type { AnyRule, Block, Locality, Task } from '../rules/contract.js'
import type { CompileOptions, Program, TensorRecord } from '../runtime/index.js'
import { kindOf } from '../targets/index.js'
import { statePorts } from './checkpoint.js'
import { type Course, courseOf, taskOf } from './course.js'
import { frozenFeatures, keepFeatures } from './features.js'
import { type Given, inputsOf, type Reading, type Source, type TrainingData, targetsOf } from './feed.js'
import { initialNoise } from './noise.js'
import type { Settings, TrainingOptions } from './options.js'
import { checkPosition, globalEpoch, type Position } from './plan.js'
import type { Platform } from './platform.js'
import { type Role, rolesOf } from './roles.js'
import { fixedBatches, type Rows, shuffledRows } from './rows.js'
import { type Predictor, predictor } from './score.js'

/** A tensor of a state, and what it is there for. */
export interface StateTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  readonly role: Role
}

/** A rule on its data, traced and compiled; all programs share one state. */
export interface Session {
  readonly course: Course
  readonly task: Task
  /** From below. */
  readonly blocks: readonly Block[]
  readonly tensors: readonly StateTensor[]
  readonly training: TrainingData
  readonly validation: Split
  readonly certificate: Certificate
  readonly parameters: number
  /** Of the step that takes most. */
  readonly peakActivationBytes: number
  readonly stateBytes: number
  readonly predictor: Predictor
  program(step: string): Promise<Program>
  /** The order of the samples in a phase. */
  rows(phase: number): Rows
  /** The samples of a batch. */
  batch(at: Position): Promise<Given>
  /** What the steps of a phase read. */
  source(phase: number): Promise<Source>
  /** What layer `layer` of a greedy rule reads of inputs, as the layers below it are now. */
  features(layer: number, x: Float32Array): Promise<Float32Array>
  initialState(): Promise<TensorRecord>
  load(state: TensorRecord): Promise<void>
  read(): Promise<TensorRecord>
  close(): Promise<void>
}

export async function openSession(
  rule: AnyRule,
  data: DataSet,
  settings: Settings,
  platform: Platform,
): Promise<Session> {
  const { hyper, options } = settings
  const { device, threads, seed } = options
  const { train, validation } = partsOf(data, options)
  const training: TrainingData = { split: train, samples: data }
  const task = await taskOf(data, options, platform)
  const course = courseOf(rule, task, settings, train.count)
  const { traced } = course
  const { blocks }: Locality = rule.locality(task, hyper)
  const certificate = certifyPrograms(rule, traced, task, hyper, groupsOf(course, options))
  const roles = rolesOf(traced.predict, blocks)

  const memory = Object.values(course.steps).map(liveness)

  const place = { device, ...(threads !== undefined && { threads }) }
  const opened: Program[] = []
  const compile = async (graph: StepGraph, sharing: Partial<CompileOptions> = {}): Promise<Program> => {
    const program = await platform.compile(graph, { ...place, ...sharing })
    opened.push(program)
    return program
  }
  const close = async (program: Program): Promise<void> => {
    opened.splice(opened.indexOf(program), 1)
    await program.dispose()
  }
  const owner = await compile(traced.predict)
  const known = new Map<string, Program>()
  /** Programs over the one state, each compiled when it is first asked for. */
  const shared = async (key: string, graph: StepGraph): Promise<Program> => {
    const program = known.get(key) ?? (await compile(graph, { stateOf: owner }))
    known.set(key, program)
    return program
  }
  const { augment } = options
  const isAugmented = augment.shift > 0 || augment.rotation > 0 || augment.flip
  // What is kept of frozen layers was computed in these batches.
  const rows = (phase: number): Rows =>
    (course.features(phase) && !isAugmented ? fixedBatches : shuffledRows)(course.plan, train.count, options)
  const inputs = inputsOf(training, options)

  return {
    course,
    task,
    blocks,
    tensors: statePorts(traced.predict).map((port) => ({ ...port, role: roles.get(port.name)! })),
    training,
    validation,
    certificate,
    parameters: traced.predict.state
      .filter(({ name }) => roles.get(name) === 'model')
      .reduce((sum, { input }) => sum + input.size, 0),
    peakActivationBytes: Math.max(...memory.map(({ peakActivationBytes }) => peakActivationBytes)),
    stateBytes: memory[0]!.stateBytes,
    predictor: predictor({
      ...{ program: owner, inputs: traced.predict.batch, batch: options.batch, samples: data, seed },
    }),

    program: (step) => shared(step, course.steps[step]!),
    rows,

    async source(phase) {
      const graph = course.features(phase)
      if (!graph) return { rows: rows(phase), read: inputs }
      const compute = frozenFeatures(graph, await shared(`features ${phase}`, graph), inputs, options.batch)
      const budget = isAugmented ? 0 : options.cacheBytes
      const kept = await keepFeatures(compute, graph, rows(phase)({ phase, epoch: 0 }), train.count, budget)
      return { rows: rows(phase), read: kept ?? compute }
    },

    async features(layer, x) {
      const layers: number = rule.greedy?.layers(task, hyper) ?? 0
      if (!(Number.isInteger(layer) && layer >= 0 && layer < layers))
        throw new UserError(`${rule.id} trains ${layers} layers one after the other here: there is no layer ${layer}`)
      if (layer === 0) return x
      const graph = traced.greedy(layer).features
      const size = sizeOf(task.input.shape)
      if (x.length % (size * options.batch) !== 0)
        throw new UserError(`features are made of whole batches, ${options.batch} samples of ${size} numbers each`)
      const given: Reading = async (indices) => x.slice(size * indices[0]!, size * (indices.at(-1)! + 1))
      const places = Uint32Array.from({ length: x.length / size }, (_, i) => i)
      return await frozenFeatures(graph, await shared(`features ${layer}`, graph), given, options.batch)(places, 0)
    },

    async batch(at) {
      checkPosition(course.plan, at)
      const { phase, epoch, batch } = at
      if (phase === course.plan.phases || batch === course.plan.batches)
        throw new UserError(`no batch begins at ${JSON.stringify(at)}: those of that epoch are done`)
      const own = rows(phase)({ phase, epoch }).slice(batch * options.batch, (batch + 1) * options.batch)
      return { x: await inputs(own, globalEpoch(course.plan, { phase, epoch })), ...targetsOf(training, own) }
    },

    async initialState() {
      const program = await compile(traced.init)
      try {
        const rows = order(train.count, seed, 0).slice(0, options.batch)
        const x = new Float32Array(rows.length * sizeOf(data.input.shape))
        gatherInputs(data, train, rows, x)
        const sample = Object.entries({ x, ...targetsOf(training, rows) }).filter(([name]) =>
          traced.init.batch.some((port) => port.name === name),
        )
        const noise = initialNoise(traced.init.batch, seed)
        return (await program.run(1, { ...Object.fromEntries(sample), ...noise })).metrics
      } finally {
        await close(program)
      }
    },

    load: (state) => owner.load(state),
    read: () => owner.read(),
    async close() {
      for (const program of [...opened].reverse()) await close(program)
    },
  }
}

/** The samples that a training with these options learns from, and those that it holds out. */
export function partsOf(
  data: DataSet,
  { limit, validation, seed }: Pick<TrainingOptions, 'limit' | 'validation' | 'seed'>,
) {
  const some = limit < data.train.count ? select(data.train, rowsUpTo(limit)) : data.train
  const groups = kindOf(data.target)?.groups(some, outputCount(data.target)) ?? new Uint8Array(some.count)
  return holdOut(some, groups, validation, seed)
}

/** The very programs that a training runs, for its certificate: together where one batch may run several of them. */
function groupsOf({ traced, steps, features }: Course, { schedule }: TrainingOptions): Certified[][] {
  const own = Object.entries(steps)
  if (schedule === 'greedy') return [own.map(([phase, step]) => greedyProgram(step, features(Number(phase))))]
  return [Object.values(traced.steps), ...own.map(([, step]) => [step])]
}

const rowsUpTo = (limit: number): Uint32Array => Uint32Array.from({ length: limit }, (_, i) => i)
