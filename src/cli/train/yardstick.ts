import type { Samples } from '../../data/index.js'
import { FLOAT32, type Precision } from '../../nn/dense.js'
import { networkOptions } from '../../nn/network.js'
import { liveness } from '../../onnx/liveness.js'
import { backprop } from '../../rules/backprop.js'
import { taskFor } from '../../rules/task.js'
import { traceRule } from '../../rules/trace.js'
import type { RunConfig } from '../../train/run-folder.node.js'

/**
 * Bytes of activations at their peak if the same layers, batch and precision learned by backpropagation: traced, not
 * run. Undefined where the rule is backpropagation, or has no option `network`: `units` alone may mean other layers,
 * such as the channels of convolutions or the hidden layers of a coupling.
 */
export function backpropActivationBytes(
  { rule, hyper, options }: Pick<RunConfig, 'rule' | 'hyper' | 'options'>,
  samples: Samples,
): number | undefined {
  if (rule === backprop.id || !('network' in hyper)) return undefined
  const same = Object.keys(networkOptions).filter((key) => key in hyper)
  const own = backprop.hyper.parse(Object.fromEntries(same.map((key) => [key, hyper[key]])))
  const precision: Precision = options.precision === 'int8' ? { bits: 8, levels: 127 } : FLOAT32
  const task = taskFor(samples, { batch: options.batch, precision })
  return liveness(traceRule(backprop, task, own).steps.joint!).peakActivationBytes
}
