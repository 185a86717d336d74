import type { Tensor } from '../../graph/index.js'
import type { Step } from '../contract.js'
import { align } from '../spike-alignment/phase.js'
import type { TargetPropagationHyper } from './options.js'
import type { TargetPropagationState } from './state.js'

/**
 * One step of the alignment phase: the weights of every inverse turn to those of the layer that it inverts, transposed, each
 * pair by itself. Biases stay. Reads no data. `nameOf`: of the inverse that leads down to a layer.
 */
export const alignStep =
  (h: TargetPropagationHyper, nameOf: (i: number) => string): Step<TargetPropagationState> =>
  (state, { random }) => {
    const blocks: { [block: string]: Readonly<Record<string, Tensor>> } = {}
    const inverses = state.inverses.map((inverse, i) => {
      const [lower, upper] = [state.layers[i]!, state.layers[i + 1]!]
      const pair = {
        ...{ forward: [upper.weight], feedback: inverse.weight.transpose() },
        ...{ lowerBias: lower.bias, upperBias: upper.bias },
      }
      const { feedback, figures } = align(pair, random, `inverses.${i}`, h)
      blocks[nameOf(i)] = figures
      return { ...inverse, weight: feedback.transpose() }
    })
    return [{ ...state, inverses }, { blocks }]
  }
