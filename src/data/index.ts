import '../floor.js'

export {
  type Augmentation,
  type AugmentationOptions,
  augmentation,
  augmentationOptions,
  isAugmented,
} from './augment.js'
export { gatherInputs, order, permutation } from './batches.js'
export {
  checkDataSet,
  checkSplit,
  type DataSet,
  type DataSetParts,
  dataSet,
  type ImageShape,
  imageShapeOf,
  labelledImages,
  outputCount,
  type Samples,
  type Split,
  type Target,
  type TaskInput,
} from './dataset.js'
export { dataSets, findDataSet, makeDataSet } from './registry.js'
export { restored, type Scale, scaleOf, standardised } from './scale.js'
export type { DataSetEntry, Download, Source, SourceFile } from './source.js'
export { holdOut, select } from './split.js'
