export { channelAxes, flat, perChannel, sampleAxes } from './axes.js'
export {
  batchNorm,
  batchNormalized,
  batchNormalizer,
  batchNormInference,
  type Statistics,
  statistics,
} from './batch-norm.js'
export { type Contrast, contrastOf, outerContrast } from './contrast.js'
export {
  type Convolution,
  convolution,
  convolve,
  convolved,
  convolvedAffine,
  transposedConvolution,
} from './convolution.js'
export { affine, type Dense, dense, FLOAT32, type Precision, product, transposedProduct } from './dense.js'
export { GOODNESS, type Goodness } from './goodness.js'
export { FAN_RULES, type FanRule, fans, normalWeights, ones, uniformWeights, zeros } from './initialize.js'
export { layerNorm, type NormOptions, type Scale, scale } from './layer-norm.js'
export {
  accuracy,
  binaryCrossEntropy,
  cosineEmbedding,
  crossEntropy,
  meanSquaredError,
  PAIR_LOSSES,
  type PairLoss,
  pairLoss,
  squaredError,
  supervisedContrast,
} from './losses.js'
export { hardWrongLabel, uniformWrongLabel } from './negatives.js'
export {
  convolutionLayer,
  denseLayer,
  fanRule,
  hiddenLayers,
  type Layer,
  type NetworkOptions,
  networkOptions,
} from './network.js'
export { inverseLength, NORMALIZATIONS, type Normalization } from './normalize.js'
export {
  type AdamOptions,
  adam,
  descend,
  descendEach,
  type Optimizer,
  optimizerOf,
  optimizerOptions,
  sgd,
  stepSize,
} from './optimizers.js'
export { FILTER_SCALE, filterImages, filters, signedImages } from './pictures.js'
export { noiseInputs, type Random } from './random.js'
export { SCHEDULE_NAMES, SCHEDULES, type Schedule } from './schedules.js'
export { leaves, mapTree, rebuild, type Tree, tensorsOf } from './tree.js'
export { LINEAR, LOGISTIC, type SquashedUnit, UNITS, type Unit } from './units.js'
export { gaussianDivergence, gaussianSample } from './variational.js'
