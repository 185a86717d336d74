/** What training takes in memory, counted over the graphs of its steps: nothing is compiled or trained. */

import { UserError } from '../errors.js'
import { byteLength } from '../graph/index.js'
import { liveness } from '../onnx/liveness.js'
import type { Values } from '../options/index.js'
import { checkOptions } from '../options/index.js'
import type { AnyRule, Task } from '../rules/contract.js'
import { type TracedRule, traceRule } from '../rules/trace.js'
import { type StateTensor, tensorsOf } from '../train/roles.js'
import { type BackpropMemory, backpropMemory, sameLayers } from './backpropagation.js'
import { atDepth, depthOf } from './deep.js'
import { flopOf } from './flop.js'

/** Of one step: bytes at their peak. */
export interface StepMemory {
  /** What is neither state, batch nor constant: activations and derivatives. */
  readonly activationBytes: number
  /** All together. */
  readonly peakBytes: number
}

export interface Metered {
  /** Layers; absent where no option of the rule says how many. */
  readonly depth?: number
  readonly parameters: number
  readonly parameterBytes: number
  readonly optimizerBytes: number
  /** Running statistics and their like. */
  readonly statisticsBytes: number
  /** All layers at once: the step that takes most. Absent where the rule has none. */
  readonly joint?: StepMemory & { readonly flopPerSample: number }
  /** One layer after the other: the layer that takes most, with what hands up to it. Absent where the rule cannot. */
  readonly greedy?: StepMemory
  /** Why it cannot, where its options are the reason. */
  readonly notGreedy?: string
  /** Backpropagation through the same layers; absent where the rule's options do not describe them as it does. */
  readonly backpropagation?: BackpropMemory
}

export interface MeterOptions {
  /** Samples of a micro-batch where backpropagation accumulates gradients. */
  readonly micro: number
  /** So many layers of the width of the last one, in place of those of the options. */
  readonly depth?: number
}

/** A rule on a task. Throws a UserError where the rule cannot be so deep. */
export function metered(rule: AnyRule, task: Task, given: Values, { micro, depth: wanted }: MeterOptions): Metered {
  const changed = wanted === undefined ? given : atDepth(rule, given, wanted)
  const hyper = checkOptions(rule.hyper, changed, rule.id) as Values
  const depth = depthOf(rule, hyper)
  const traced = traceRule(rule, task, hyper)
  const tensors = tensorsOf(traced.predict, rule.locality(task, hyper).blocks)
  const bytesOf = (role: StateTensor['role']): number =>
    tensors.filter((tensor) => tensor.role === role).reduce((sum, tensor) => sum + byteLength(tensor), 0)
  const same = sameLayers(rule, hyper)
  const joint = Object.values(traced.steps)
  return {
    ...(depth !== undefined && { depth }),
    parameters: parametersOf(tensors),
    parameterBytes: bytesOf('model'),
    optimizerBytes: bytesOf('optimizer'),
    statisticsBytes: bytesOf('statistics'),
    ...(joint.length > 0 && {
      joint: {
        ...worst(joint.map(stepMemory)),
        flopPerSample: Math.max(...joint.map((step) => flopOf(step) / step.span)) / task.batch,
      },
    }),
    ...greedyMemory(rule, traced, task, hyper),
    ...(same && { backpropagation: backpropMemory(task, same, micro) }),
  }
}

/** Numbers that are learned. */
export const parametersOf = (tensors: readonly StateTensor[]): number =>
  tensors
    .filter(({ role }) => role === 'model')
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)

const stepMemory = (step: Parameters<typeof liveness>[0]): StepMemory => {
  const { peakActivationBytes, peakBytes } = liveness(step)
  return { activationBytes: peakActivationBytes, peakBytes }
}

/** Each at its own worst. */
const worst = (all: readonly StepMemory[]): StepMemory => ({
  activationBytes: Math.max(...all.map(({ activationBytes }) => activationBytes)),
  peakBytes: Math.max(...all.map(({ peakBytes }) => peakBytes)),
})

function greedyMemory(
  rule: AnyRule,
  traced: TracedRule,
  task: Task,
  hyper: Values,
): Pick<Metered, 'greedy' | 'notGreedy'> {
  if (!rule.greedy) return {}
  let layers: number
  try {
    layers = rule.greedy.layers(task, hyper)
  } catch (error) {
    if (error instanceof UserError) return { notGreedy: error.message }
    throw error
  }
  const all = Array.from({ length: layers }, (_, layer) => traced.greedy(layer))
  const steps = all.flatMap(({ step, features }, layer) => (layer === 0 ? [step] : [step, features]))
  return { greedy: worst(steps.map(stepMemory)) }
}
