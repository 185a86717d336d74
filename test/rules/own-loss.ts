import type { StepGraph } from '../../src/onnx/index.js'
import { close } from '../nn/evaluate.js'
import { evaluate, metricOf, type Numbers } from './harness.js'

/**
 * That each tensor of two layers moves against the derivative of its layer's own loss, by central differences: of a step
 * of gradient descent at rate 1. One number of each tensor is tried: the last.
 */
export function assertLearnsByOwnLoss(
  step: StepGraph,
  state: Numbers,
  batch: Numbers,
  isMeant: (name: string) => boolean = () => true,
): void {
  const after = evaluate(step, state, batch).state
  for (const layer of [0, 1])
    for (const name of Object.keys(state).filter((own) => own.startsWith(`layers.${layer}.`) && isMeant(own))) {
      const [i, h] = [state[name]!.length - 1, 1e-5]
      const [above, below] = [h, -h].map((shift) =>
        metricOf(
          step,
          `layer ${layer}/loss`,
          { ...state, [name]: state[name]!.with(i, state[name]![i]! + shift) },
          batch,
        ),
      )
      close([after[name]![i]! - state[name]![i]!], [-(above! - below!) / (2 * h)], 2e-5, name)
    }
}
