import type { DataSet } from '../data/index.js'
import { UserError } from '../errors.js'
import type { StepGraph } from '../onnx/index.js'
import type { AnyRule, Task } from '../rules/contract.js'
import { type TracedRule, type TracedStep, traceRule } from '../rules/trace.js'
import type { Settings, TrainingOptions } from './options.js'
import { type Plan, type Position, progressAt } from './plan.js'
import type { Platform } from './platform.js'

/** What the network is asked to learn. Where 8-bit products are not exact, the right operands get 7 bits. */
export async function taskOf(
  { shape, classes }: Pick<DataSet, 'shape' | 'classes'>,
  { batch, precision }: TrainingOptions,
  platform: Platform,
): Promise<Task> {
  if (precision === 'float32') return { shape, classes, batch, precision: { bits: 32 } }
  const exact = (await platform.exactInt8?.()) ?? true
  return { shape, classes, batch, precision: { bits: 8, levels: exact ? 127 : 63 } }
}

/** The traced programs of a training, and the order in which they run. */
export interface Course {
  readonly traced: TracedRule
  readonly plan: Plan
  /** Every step that runs in this training, by the keys that the plan gives. */
  readonly steps: Readonly<Record<string, TracedStep>>
  /** What a greedy phase reads of images; undefined where that is the images themselves. */
  features(phase: number): StepGraph | undefined
}

/** Traces a rule for a training on `count` images. Mistakes in shapes and settings are thrown here. */
export function courseOf(rule: AnyRule, task: Task, { hyper, options }: Settings, count: number): Course {
  const { epochs, checkpointEvery } = options
  const batches = Math.floor(count / options.batch)
  const common = { from: 0, epochs, batches, checkpointEvery }
  const traced = traceRule(rule, task, hyper)
  if (options.schedule === 'greedy') {
    const layers: number = rule.greedy!.layers(task, hyper)
    const { layer } = options
    if (layer !== undefined && layer >= layers)
      throw new UserError(`layer is ${layer}, but ${rule.id} trains ${layers} one after the other here, from 0`, {
        exitCode: 2,
      })
    const [from, phases] = layer === undefined ? [0, layers] : [layer, layer + 1]
    const own = Array.from({ length: phases - from }, (_, i) => [from + i, traced.greedy(from + i)] as const)
    const byPhase = new Map(own)
    return {
      traced,
      plan: { ...common, from, phases, stepOf: ({ phase }) => `${phase}`, spanOf: () => 1 },
      steps: Object.fromEntries(own.map(([phase, { step }]) => [`${phase}`, step])),
      features: (phase) => (phase === 0 ? undefined : byPhase.get(phase)!.features),
    }
  }
  if (!rule.schedule)
    return {
      traced,
      plan: { ...common, phases: 1, stepOf: () => JOINT, spanOf: () => 1 },
      steps: { [JOINT]: traced.steps[JOINT]! },
      features: () => undefined,
    }
  const listAt = (epoch: number, batch: number): readonly string[] =>
    rule.schedule!(epoch, batch, hyper, progressAt({ epochs, batches }, { phase: 0, epoch, batch }))
  const period = periodOf(listAt, epochs, batches)
  const steps: Record<string, TracedStep> = {}
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
  const stepOf = ({ epoch, batch }: Position, room: number): string => {
    const whole = batch % period === 0 && room >= period
    return known(Array.from({ length: whole ? period : 1 }, (_, i) => listAt(epoch, batch + i)))
  }
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let batch = 0; batch < batches; batch++) stepOf({ phase: 0, epoch, batch }, batches - batch)
  return {
    traced,
    plan: { ...common, phases: 1, stepOf, spanOf: (step) => steps[step]!.span },
    steps,
    features: () => undefined,
  }
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
