import type { Tensor } from '../../graph/index.js'
import type { Step } from '../contract.js'
import { align } from '../spike-alignment/phase.js'
import type { Pair } from '../spike-alignment/spiking.js'
import { isSkipEnd, type RecLraHyper } from './options.js'
import type { RecLraState } from './state.js'

/** Feedback between units turns to forward weights between epochs; that of convolutions stays as it is. */
export const isAligned = ({ align, method, network }: RecLraHyper): boolean =>
  align === 'sal' && method === 'rec-lra' && network === 'dense'

/** What spikes for the feedback to hidden layer i: the next layer answers it, or through all above the output. */
function pairOf({ layers, feedback }: RecLraState, i: number, h: RecLraHyper): Pair {
  const above = layers.slice(i + 1, isSkipEnd(h, i) ? undefined : i + 2)
  return {
    forward: above.map(({ weight }) => weight),
    feedback: feedback[i]!,
    lowerBias: layers[i]!.bias,
    upperBias: above.at(-1)!.bias,
  }
}

/** One step of the alignment phase: all feedback, each pair by itself. Reads no data. */
export const alignStep =
  (h: RecLraHyper, nameOf: (i: number) => string): Step<RecLraState> =>
  (state, { random }) => {
    const each = state.feedback.map((_, i) => align(pairOf(state, i, h), random, `feedback.${i}`, h))
    const blocks: Record<string, Readonly<Record<string, Tensor>>> = {}
    for (const [i, { figures }] of each.entries()) blocks[nameOf(i)] = figures
    return [{ ...state, feedback: each.map(({ feedback }) => feedback) }, { blocks }]
  }
