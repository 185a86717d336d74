export { certifyRule } from './certify.js'
export type * from './contract.js'
export { flatten, unflatten } from './figures.js'
export {
  type Cell,
  type CellResult,
  type LayerDesign,
  type LayerwiseDesign,
  layerwise,
  learnJointly,
  learnLayer,
  type Stack,
  updateCell,
} from './layerwise.js'
export { RULES } from './registry.js'
export { classesOf, imageShape, taskFor } from './task.js'
export { type TracedRule, type TracedStep, traceRule } from './trace.js'
