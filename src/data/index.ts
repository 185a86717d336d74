import '../floor.js'

export {
  type Augmentation,
  type AugmentationOptions,
  augmentation,
  augmentationOptions,
  isAugmented,
} from './augment.js'
export { gatherInputs, order, permutation } from './batches.js'
export { checkSplit } from './check-split.js'
export { checkDataSet, dataSet, type GivenDataSet } from './checked.js'
export {
  type DataSet,
  type DataSetParts,
  type ImageShape,
  imageShapeOf,
  labelledImages,
  outputCount,
  type Samples,
  type Split,
  type Target,
  type TaskInput,
} from './dataset.js'
export { flatNumbers, type GivenNumbers, type GivenSplit } from './given.js'
export { type Ground, groundOf } from './ground.js'
export { type InkImage, inkImage } from './ink.js'
export { fromImageData, type Picture, type ShapeOptions, toShape } from './picture.js'
export { dataSets, findDataSet, makeDataSet } from './registry.js'
export { restored, type Scale, scaleOf, standardised } from './scale.js'
export type { DataSetEntry, Download, Source, SourceFile } from './source.js'
export { holdOut, select } from './split.js'
