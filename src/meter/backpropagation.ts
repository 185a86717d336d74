import { networkOptions } from '../nn/network.js'
import { liveness } from '../onnx/liveness.js'
import type { Values } from '../options/index.js'
import { type BackpropHyper, backprop } from '../rules/backprop.js'
import type { AnyRule, Task } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { accumulating, checkpointed } from './variants.js'

/** Bytes of activations at their peak, gradients included, by ways to propagate back through the same layers. */
export interface BackpropMemory {
  /** One batch as a whole, everything kept. */
  readonly plain: number
  /** In micro-batches of `micro` samples, the sums of the gradients included. */
  readonly accumulated: { readonly micro: number; readonly bytes: number }
  /** With the segments of equal length at which it takes least. */
  readonly checkpointed: { readonly segment: number; readonly bytes: number }
}

/**
 * Options of backpropagation through the layers that a rule's options describe; undefined where it has no option
 * `network`: `units` alone may mean other layers, such as the channels of convolutions.
 */
export function sameLayers(rule: AnyRule, hyper: Values): BackpropHyper | undefined {
  if (rule.id === backprop.id) return hyper as BackpropHyper
  if (!('network' in hyper)) return undefined
  const same = Object.keys(networkOptions).filter((key) => key in hyper)
  return backprop.hyper.parse(Object.fromEntries(same.map((key) => [key, hyper[key]])))
}

const peakOf = (rule: AnyRule, task: Task, h: BackpropHyper) => liveness(traceRule(rule, task, h).steps.joint!)

/** The memory of backpropagation on a task; `micro` samples at a time where gradients are accumulated. */
export function backpropMemory(task: Task, h: BackpropHyper, micro: number): BackpropMemory {
  const small = { ...task, batch: Math.min(micro, task.batch) }
  const plain = peakOf(backprop, task, h)
  const added = peakOf(accumulating, small, h)
  const best = segmentsOf(h.units.length)
    .map((segment) => ({ segment, bytes: peakOf(checkpointed(segment), task, h).peakActivationBytes }))
    .reduce((least, own) => (own.bytes < least.bytes ? own : least))
  return {
    plain: plain.peakActivationBytes,
    // What is beside the state that plain backpropagation has, too, are the sums.
    accumulated: { micro: small.batch, bytes: added.peakActivationBytes + added.stateBytes - plain.stateBytes },
    checkpointed: best,
  }
}

/** The lengths of segments worth trying: for each number of segments the shortest that makes no more of them. */
const segmentsOf = (depth: number): number[] => [
  ...new Set(Array.from({ length: depth }, (_, i) => Math.ceil(depth / (i + 1)))),
]
