import type { DataSet } from '../data/index.js'
import type { Tree } from '../nn/tree.js'
import type { StepGraph } from '../onnx/index.js'
import type { AnyRule, Metrics, Step, Task } from '../rules/contract.js'
import { type TracedRule, type TracedStep, traceRule } from '../rules/trace.js'
import type { Settings, TrainingOptions } from './options.js'
import type { Plan } from './plan.js'
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
  const common = { epochs, batches, checkpointEvery }
  const traced = traceRule(rule, task, hyper)
  if (options.schedule === 'greedy') {
    const phases: number = rule.greedy!.layers(task, hyper)
    const greedy = Array.from({ length: phases }, (_, layer) => traced.greedy(layer))
    return {
      traced,
      plan: { ...common, phases, stepOf: ({ phase }) => `${phase}` },
      steps: Object.fromEntries(greedy.map(({ step }, layer) => [`${layer}`, step])),
      features: (phase) => (phase === 0 ? undefined : greedy[phase]!.features),
    }
  }
  const listAt = (epoch: number, batch: number): readonly string[] => rule.schedule?.(epoch, batch, hyper) ?? ['joint']
  const lists = new Map<string, readonly string[]>()
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let batch = 0; batch < (rule.schedule ? batches : 1); batch++) {
      const list = listAt(epoch, batch)
      lists.set(keyOf(list), list)
    }
  const inRow = [...lists.values()].filter(({ length }) => length !== 1)
  const all = inRow.length === 0 ? traced.steps : { ...traced.steps, ...traceInRow(rule, task, hyper, inRow) }
  const used = [...lists.keys()].map((key): [string, TracedStep] => {
    if (!all[key]) throw new Error(`the schedule of ${rule.id} names the step "${key}", which the rule does not have`)
    return [key, all[key]]
  })
  return {
    traced,
    plan: { ...common, phases: 1, stepOf: ({ epoch, batch }) => keyOf(listAt(epoch, batch)) },
    steps: Object.fromEntries(used),
    features: () => undefined,
  }
}

const keyOf = (list: readonly string[]): string => list.join(' then ')

/**
 * Steps that run one after the other on the same batch, traced as one, so that many batches still fit into one call.
 * Each draws noise of its own; of metrics with one name the last counts.
 */
function traceInRow(rule: AnyRule, task: Task, hyper: unknown, lists: readonly (readonly string[])[]) {
  const inRow = (own: Readonly<Record<string, Step<Tree>>>, list: readonly string[]): Step<Tree> => {
    return (state, batch) => {
      let now = state
      let metrics: Metrics = {}
      for (const name of list) {
        const random: typeof batch.random = {
          uniform: (noise, shape) => batch.random.uniform(`${name}.${noise}`, shape),
          normal: (noise, shape) => batch.random.normal(`${name}.${noise}`, shape),
        }
        const [next, more] = own[name]!(now, { ...batch, random })
        now = next
        metrics = { ...metrics, ...more }
      }
      return [now, metrics]
    }
  }
  const steps = (t: Task, h: unknown) => {
    const own = rule.steps(t, h) as Readonly<Record<string, Step<Tree>>>
    return Object.fromEntries(lists.map((list) => [keyOf(list), inRow(own, list)]))
  }
  return traceRule({ ...rule, steps }, task, hyper).steps
}
