import { pullback, type Tensor } from '../../graph/index.js'
import type { Precision } from '../../nn/dense.js'
import { sign } from '../../nn/discrete.js'
import { ACTIVATIONS, type Made, type Network } from './network.js'
import { isSkipEnd, type RecLraHyper } from './options.js'

/** a (z - y) + (1 - a) sign(z - y), element by element. */
export function signMix(distance: Tensor, a: number): Tensor {
  if (a === 1) return distance
  return distance.mul(a).add(sign(distance).mul(1 - a))
}

/** What one hidden layer learns from, of each sample. */
export interface LayerError {
  /** e_l, in the shape of its pre-activation. */
  readonly e: Tensor
  /** e_l at the layer's product, past its own normalisation and pooling: what goes on to the layer below. */
  readonly r: Tensor
  /** The error that its feedback carried: that of the layer above at its product, or the output's. */
  readonly source: Tensor
}

/**
 * The errors of the hidden layers, from below, given the output's e_L [N, K]; `feedback` as in the state. A layer whose output also skips to the layer two above gets that one's error too, times beta: so
 * often has what comes through the layer between been made smaller.
 */
export function errorsOf(
  { mirrored }: Network,
  hidden: readonly Made[],
  feedback: readonly Tensor[],
  output: Tensor,
  h: RecLraHyper,
  precision: Precision,
): LayerError[] {
  const errors: LayerError[] = []
  for (let i = hidden.length - 1; i >= 0; i--) {
    const { u, h: pre, z } = hidden[i]!
    const isEnd = isSkipEnd(h, i)
    const source = isEnd ? output : (errors[0]?.r ?? output)
    const sent = mirrored[i]!.transposed(feedback[i]!, source, precision).reshape(z.shape)
    const d = !isEnd && h.residual.includes(i + 2) ? sent.add(errors[1]!.e.mul(h.beta)) : sent
    const y = ACTIVATIONS[h.activation](pre.sub(d.mul(h.beta)))
    const e = signMix(z.sub(y), isEnd ? h.skipAlpha : h.alpha).stopGradient()
    errors.unshift({ e, r: pullback([pre], [e], [u])[0]!, source })
  }
  return errors
}
