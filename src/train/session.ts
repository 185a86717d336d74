import type { Certificate } from '../certificate/certificate.js'
import type { Program as Certified } from '../certificate/certify.js'
import type { DataSet, Split } from '../data/index.js'
import { holdOut, select } from '../data/index.js'
import type { StepGraph } from '../onnx/index.js'
import { liveness } from '../onnx/liveness.js'
import { certifyPrograms, greedyProgram } from '../rules/certify.js'
import type { AnyRule, Locality } from '../rules/contract.js'
import type { CompileOptions, Program, TensorRecord } from '../runtime/index.js'
import { nameState, statePorts } from './checkpoint.js'
import { type Course, courseOf, learningSteps, taskOf } from './course.js'
import { frozenFeatures, keepFeatures } from './features.js'
import { type Images, pixels, type Source } from './feed.js'
import { highestOf } from './layer-alone.js'
import { initialNoise } from './noise.js'
import type { Settings, TrainingOptions } from './options.js'
import type { Platform } from './platform.js'
import { fixedBatches, shuffledRows } from './rows.js'
import type { NamedTensor } from './safetensors.js'
import { type Predictor, predictor } from './score.js'

/** A rule on its data, traced and compiled; all programs share one state. */
export interface Session {
  readonly course: Course
  /** The layer that learns alone, where those above it have learned nothing. */
  readonly highest: number | undefined
  readonly training: Images
  readonly validation: Split
  readonly certificate: Certificate
  readonly parameters: number
  /** Of the step that takes most. */
  readonly peakActivationBytes: number
  readonly stateBytes: number
  readonly predictor: Predictor
  readonly ports: ReturnType<typeof statePorts>
  program(step: string): Promise<Program>
  /** What the steps of a phase read. */
  source(phase: number): Promise<Source>
  initialState(): Promise<TensorRecord>
  load(state: TensorRecord): Promise<void>
  read(): Promise<NamedTensor[]>
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
  const training: Images = { split: train, shape: data.shape, maximum: data.maximum }
  const task = await taskOf(data, options, platform)
  const course = courseOf(rule, task, settings, train.count)
  const { traced } = course
  const { blocks }: Locality = rule.locality(task, hyper)
  const certificate = certifyPrograms(rule, traced, task, hyper, groupsOf(course, options))
  const ports = statePorts(traced.predict)

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
  const owner = await compile(traced.predict, { stateFor: learningSteps(rule, task, settings, traced) })
  const steps = new Map<string, Program>()
  const images = pixels(training, options)

  return {
    course,
    highest: highestOf(rule, task, settings),
    training,
    validation,
    certificate,
    parameters: traced.predict.state
      .filter(({ name }) =>
        blocks.some((block) =>
          block.parameters.some((path) => isUnder(name, typeof path === 'string' ? path : path.path)),
        ),
      )
      .reduce((sum, { input }) => sum + input.size, 0),
    peakActivationBytes: Math.max(...memory.map(({ peakActivationBytes }) => peakActivationBytes)),
    stateBytes: memory[0]!.stateBytes,
    predictor: predictor({
      ...{ program: owner, inputs: traced.predict.batch, batch: options.batch, classes: data.classes, seed },
    }),
    ports,

    async program(step) {
      const known = steps.get(step)
      if (known) return known
      const program = await compile(course.steps[step]!, { stateOf: owner })
      steps.set(step, program)
      return program
    },

    async source(phase) {
      const graph = course.features(phase)
      const { plan } = course
      const shuffled = shuffledRows(plan, train.count, options)
      if (!graph) return { rows: shuffled, read: images }
      const program = await compile(graph, { stateOf: owner })
      const compute = frozenFeatures(graph, program, images, options.batch)
      const { augment, cacheBytes } = options
      if (augment.shift > 0 || augment.rotation > 0 || augment.flip) return { rows: shuffled, read: compute }
      const rows = fixedBatches(plan, train.count, options)
      const kept = await keepFeatures(compute, graph, rows({ phase, epoch: 0 }), train.count, cacheBytes)
      if (kept) await close(program)
      return { rows, read: kept ?? compute }
    },

    async initialState() {
      const program = await compile(traced.init)
      try {
        return (await program.run(1, initialNoise(traced.init.batch, seed))).metrics
      } finally {
        await close(program)
      }
    },

    load: (state) => owner.load(state),
    read: async () => nameState(ports, await owner.read()),
    async close() {
      for (const program of [...opened].reverse()) await close(program)
    },
  }
}

/** The images that a training with these options learns from, and those that it holds out. */
export function partsOf(
  data: DataSet,
  { limit, validation, seed }: Pick<TrainingOptions, 'limit' | 'validation' | 'seed'>,
) {
  const some = limit < data.train.count ? select(data.train, rowsUpTo(limit)) : data.train
  return holdOut(some, validation, seed)
}

/** The very programs that a training runs, for its certificate: together where one batch may run several of them. */
function groupsOf({ traced, steps, features }: Course, { schedule }: TrainingOptions): Certified[][] {
  const own = Object.entries(steps)
  if (schedule === 'greedy') return [own.map(([phase, step]) => greedyProgram(step, features(Number(phase))))]
  return [Object.values(traced.steps), ...own.map(([, step]) => [step])]
}

const rowsUpTo = (limit: number): Uint32Array => Uint32Array.from({ length: limit }, (_, i) => i)

const isUnder = (name: string, path: string): boolean => name === path || name.startsWith(`${path}.`)
