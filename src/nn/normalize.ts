import { constant, type Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'
import { layerNorm } from './layer-norm.js'

/**
 * Normalisations between layers without parameters, Forward-Forward specification 1.3; over all axes of a sample
 * [N, ...]. Each takes away what goodness measures, so that a layer cannot read it off the layer below.
 */
export const NORMALIZATIONS = {
  /** x / (sqrt(mean(x^2)) + 1e-8): Hinton's length normalisation; no mean is subtracted. */
  length: (x: Tensor): Tensor => x.mul(inverseLength(x.square().mean(sampleAxes(x), true))),
  /** x / (||x||_2 + 1e-4): unit length, as in two re-implementations; inputs are sqrt(n) times smaller. */
  unit: (x: Tensor): Tensor => x.mul(inverseNorm(x.square().sum(sampleAxes(x), true))),
  /** (x - mean) / sqrt(variance + 1e-5): layer normalisation; also hides the mean activity. */
  layer: (x: Tensor): Tensor => layerNorm(x),
  none: (x: Tensor): Tensor => x,
} as const

export type Normalization = keyof typeof NORMALIZATIONS

/** The factor of length normalisation, from the mean square. */
export const inverseLength = (meanSquare: Tensor): Tensor => constant(1).div(meanSquare.sqrt().add(1e-8))

/** The factor of unit length, from the sum of squares. */
export const inverseNorm = (square: Tensor): Tensor => constant(1).div(square.sqrt().add(1e-4))

/** x / sqrt(mean of x^2 over a sample [N, ...] + 1e-8): `length`, whose gradient at 0 is finite. */
export const rootMeanSquared = (x: Tensor): Tensor => x.div(x.square().mean(sampleAxes(x), true).add(1e-8).sqrt())
