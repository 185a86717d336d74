import type { Tensor } from '../../graph/index.js'
import type { Block, Figures, Step } from '../contract.js'
import { align } from '../spike-alignment/phase.js'
import type { Pair } from '../spike-alignment/spiking.js'
import { type BroadcastHyper, hiddenCount } from './options.js'
import type { BroadcastState } from './state.js'

/** Whether feedback weights are aligned between epochs. */
export const isAligned = ({ method, align }: Pick<BroadcastHyper, 'method' | 'align'>): boolean =>
  align === 'sal' && (method === 'fa' || method === 'dfa')

/**
 * The hidden layers whose feedback is aligned: it lies between units. Feedback of convolutions stays as it is; the units of
 * the last convolution spike in the place of the input below dense layers, as in SAL's networks.
 */
export function alignedLayers(h: BroadcastHyper): number[] {
  if (!isAligned(h)) return []
  const convolutions = h.channels.length
  const lowest = h.method === 'fa' ? Math.max(0, convolutions - 1) : convolutions
  return Array.from({ length: hiddenCount(h) }, (_, k) => k).slice(lowest)
}

const blockName = (k: number): string => `feedback to layer ${k}`

/** The blocks of the feedback that comes from layer `upper` and that an alignment phase trains. */
export const feedbackBlocks = (upper: number, h: BroadcastHyper): Block[] =>
  alignedLayers(h)
    .filter((k) => upper === (h.method === 'fa' ? k + 1 : hiddenCount(h)))
    .map((k) => ({ name: blockName(k), parameters: [`feedback.${k}`] }))

/** What spikes for hidden layer k: with fa the next layer answers it, with dfa the output, through the layers between. */
export function alignedPair({ layers, feedback }: BroadcastState, k: number, h: BroadcastHyper): Pair {
  const above = layers.slice(k + 1, h.method === 'fa' ? k + 2 : undefined)
  return {
    forward: above.map(({ weight }) => weight),
    feedback: feedback![k]!,
    lowerBias: k < h.channels.length ? undefined : layers[k]!.bias,
    upperBias: above.at(-1)!.bias,
  }
}

/** One step of the alignment phase: all aligned feedback weights, each pair by itself. Reads no data. */
export const alignStep =
  (h: BroadcastHyper): Step<BroadcastState> =>
  (state, { random }) => {
    const feedback = [...state.feedback!]
    const blocks: { [block: string]: Readonly<Record<string, Tensor>> } = {}
    for (const k of alignedLayers(h)) {
      const aligned = align(alignedPair(state, k, h), random, `feedback.${k}`, h)
      feedback[k] = aligned.feedback
      blocks[blockName(k)] = aligned.figures
    }
    return [{ ...state, feedback }, { blocks } satisfies Figures<Tensor>]
  }
