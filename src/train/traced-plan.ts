import type { Program as Certified } from '../certificate/certify.js'
import type { Samples } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import type { StepGraph } from '../onnx/index.js'
import { greedyProgram } from '../rules/certify.js'
import type { AnyRule, Task } from '../rules/contract.js'
import { taskFor } from '../rules/task.js'
import { type TracedRule, type TracedStep, traceRule } from '../rules/trace.js'
import { checkRounds } from './eight-bits.js'
import type { Settings, TrainingOptions } from './options.js'
import { type Plan, type Position, progressAt, type Repeated } from './plan.js'
import type { Platform } from './platform.js'
import { checkTrains } from './untrained.js'

/** What the network is asked to learn. Where 8-bit products are not exact, the right operands get 7 bits. */
export async function taskOf(
  samples: Pick<Samples, 'input' | 'target'>,
  { batch, precision, seed }: Pick<TrainingOptions, 'batch' | 'precision' | 'seed'>,
  platform: Platform,
): Promise<Task> {
  if (precision === 'float32') return taskFor(samples, { batch, seed })
  const exact = (await platform.exactInt8?.()) ?? true
  return taskFor(samples, { batch, seed, precision: { bits: 8, levels: exact ? 127 : 63 } })
}

/** The traced programs of a training, and the order in which they run. */
export interface TracedPlan {
  readonly traced: TracedRule
  readonly plan: Plan
  /** Every step that runs in this training, by the keys that the plan gives. */
  readonly steps: Readonly<Record<string, TracedStep>>
  /** Whether no batch from a position on in its phase runs this step again. */
  isPast(step: string, at: Position): boolean
  /** What a greedy phase reads of samples; undefined where that is the samples themselves. */
  features(phase: number): StepGraph | undefined
}

/** Traces a rule for a training on `count` samples. Mistakes in shapes and settings are thrown here. */
export function tracePlan(rule: AnyRule, task: Task, { hyper, options }: Settings, count: number): TracedPlan {
  const { epochs, checkpointEvery } = options
  const batches = Math.floor(count / options.batch)
  const common = { from: 0, phases: 1, epochs, batches, checkpointEvery, spanOf: () => 1 }
  const traced = traceRule(rule, task, hyper)
  if (options.precision === 'int8') checkRounds(rule.id, [traced.predict, ...Object.values(traced.steps)])
  if (options.schedule === 'greedy') return greedyPlan(rule, task, hyper, options.layer, traced, common)
  const between = Array.from({ length: epochs }, (_, epoch) => repeatedIn(rule, traced, epoch, hyper))
  const repeated = Object.fromEntries(between.flat().map(({ step }) => [step, traced.steps[step]!]))
  const features = (): undefined => undefined
  const lastEpochs = new Map(between.flatMap((own, epoch) => own.map(({ step }): [string, number] => [step, epoch])))
  const isPast = (step: string, { epoch }: Position): boolean => epoch > (lastEpochs.get(step) ?? epochs)
  if (!rule.schedule) {
    if (!traced.steps[JOINT]) throw new UserError(`${rule.id} has no schedule, and no step named ${JOINT} either`)
    const steps = { ...repeated, [JOINT]: traced.steps[JOINT] }
    return {
      traced,
      plan: { ...common, between, stepOf: () => JOINT },
      ...{ steps, isPast, features },
    }
  }
  const listAt = (epoch: number, batch: number): readonly string[] =>
    rule.schedule!(epoch, batch, hyper, progressAt({ epochs, batches }, { epoch, batch }))
  const period = periodOf(listAt, epochs, batches)
  const steps: Record<string, TracedStep> = repeated
  const known = (lists: readonly (readonly string[])[]): string => {
    const key = lists.map((list) => list.join(' then ')).join(', ')
    const [list] = lists
    steps[key] ??=
      lists.length === 1 && list!.length === 1
        ? (traced.steps[key] ?? traced.turn(key, lists))
        : traced.turn(key, lists)
    return key
  }
  /** A whole period where there is room for it: batches whose steps take turns then fit into one call. */
  const stepOf = ({ epoch, batch }: Pick<Position, 'epoch' | 'batch'>, room: number): string => {
    const whole = batch % period === 0 && room >= period
    return known(Array.from({ length: whole ? period : 1 }, (_, i) => listAt(epoch, batch + i)))
  }
  // Whatever may ever run is traced now: alone, as where a checkpoint is due, and as a whole period.
  const running = new Set(lastEpochs.keys())
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let batch = 0; batch < batches; batch++) {
      for (const step of listAt(epoch, batch)) running.add(step)
      for (const room of [1, batches - batch]) {
        const step = stepOf({ epoch, batch }, room)
        lastEpochs.set(step, Math.max(epoch, lastEpochs.get(step) ?? 0))
      }
    }
  checkTrains(rule.id, traced, running, epochs, (epoch) => rule.schedule!(epoch, 0, hyper, epoch / (epoch + 1)))
  const plan = { ...common, between, stepOf, spanOf: (step: string) => steps[step]!.span }
  return { traced, plan, steps, isPast, features }
}

/** One layer after the other, or one alone. */
function greedyPlan(
  rule: AnyRule,
  task: Task,
  hyper: unknown,
  layer: number | undefined,
  traced: TracedRule,
  common: Omit<Plan, 'stepOf'>,
): TracedPlan {
  const layers: number = rule.greedy!.layers(task, hyper)
  if (layer !== undefined && layer >= layers)
    throw new UsageError(`layer is ${layer}, but ${rule.id} trains ${layers} one after the other here, from 0`)
  const [from, phases] = layer === undefined ? [0, layers] : [layer, layer + 1]
  const own = Array.from({ length: phases - from }, (_, i) => traced.greedy(from + i))
  return {
    traced,
    plan: { ...common, from, phases, stepOf: ({ phase }) => `${phase}` },
    steps: Object.fromEntries(own.map(({ step }, i) => [`${from + i}`, step])),
    isPast: () => false,
    features: (phase) => (phase === 0 ? undefined : own[phase - from]!.features),
  }
}

/** What a rule wants run before an epoch, checked. */
function repeatedIn(rule: AnyRule, { steps }: TracedRule, epoch: number, hyper: unknown): readonly Repeated[] {
  const list = rule.between?.(epoch, hyper) ?? []
  for (const { step, times } of list) {
    const own = steps[step]
    const where = `between the epochs of ${rule.id}`
    if (!own) throw new Error(`${where}, the step "${step}" is named, which the rule does not have`)
    const read = own.batch.find(({ input }) => ['data', 'labels'].includes(input.node.attributes.kind))
    if (read) throw new Error(`${where}, no data is read, but the step "${step}" asks for ${read.name}`)
    if (!Number.isInteger(times) || times < 0) throw new Error(`${where}, the step "${step}" cannot run ${times} times`)
  }
  return list.filter(({ times }) => times > 0)
}

const JOINT = 'joint'

/** No longer period is traced as one program. */
const LONGEST_PERIOD = 8

/** After how many batches of an epoch the steps come again, in every epoch; 1 where they do not, or only after many. */
function periodOf(
  listAt: (epoch: number, batch: number) => readonly string[],
  epochs: number,
  batches: number,
): number {
  const comesAgain = (period: number): boolean => {
    for (let epoch = 0; epoch < epochs; epoch++)
      for (let batch = period; batch < batches; batch++)
        if (listAt(epoch, batch).join() !== listAt(epoch, batch % period).join()) return false
    return true
  }
  for (let period = 1; period <= Math.min(LONGEST_PERIOD, batches / 2); period++) if (comesAgain(period)) return period
  return 1
}

/** The very programs that a training runs, for its certificate: together where one batch may run several of them. */
export function groupsOf({ traced, steps, features }: TracedPlan, { schedule }: TrainingOptions): Certified[][] {
  const own = Object.entries(steps)
  if (schedule === 'greedy') return [own.map(([phase, step]) => greedyProgram(step, features(Number(phase))))]
  return [Object.values(traced.steps), ...own.map(([, step]) => [step])]
}
