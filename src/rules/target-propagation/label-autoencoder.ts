import { concat, type Tensor } from '../../graph/index.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import type { FanRule } from '../../nn/initialize.js'
import { squaredError } from '../../nn/losses.js'
import type { Random } from '../../nn/random.js'

/**
 * r(h, y): an auto-encoder of a representation [N, D] that also sees class probabilities [N, K] (or a label, one-hot).
 */
export type LabelAutoencoder = { readonly encoder: Dense; readonly decoder: Dense }

export const labelAutoencoder = (
  random: Random,
  name: string,
  size: number,
  classes: number,
  hidden: number,
  rule: FanRule,
): LabelAutoencoder => ({
  encoder: dense(random, `${name}.encoder`, size + classes, hidden, rule),
  decoder: dense(random, `${name}.decoder`, hidden, size, rule),
})

/** r(h, y): two layers of tanh. */
export const reconstructCode = ({ encoder, decoder }: LabelAutoencoder, h: Tensor, classes: Tensor): Tensor =>
  affine(decoder, affine(encoder, concat([h, classes], 1)).tanh()).tanh()

/**
 * || r(h + noise) - h ||^2 of each sample. Its minimiser moves a point uphill on the density of what it saw,
 * (r(v) - v) / sigma^2 -> d log p_sigma(v) / dv (Alain and Bengio 2014).
 */
export const denoisingLoss = (r: (v: Tensor) => Tensor, h: Tensor, noise: Tensor): Tensor =>
  squaredError(r(h.add(noise).stopGradient()), h.stopGradient())
