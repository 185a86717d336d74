import '../floor.js'

export { z } from 'zod'
export { outputCount } from '../data/dataset.js'
export { targetKind } from '../targets/index.js'
export { certifyRule } from './certify.js'
export type * from './contract.js'
export { defineRule } from './define.js'
export { flatten, unflatten } from './figures.js'
export type {
  Fed,
  Head,
  LayerwiseDesign,
  Learning,
  LocalLayer,
  Loss,
  Pass,
  Passed,
  Seen,
  Stack,
} from './layerwise/design.js'
export { type Given, layerwise } from './layerwise/layerwise.js'
export { outputsInUse } from './layerwise/pass.js'
export { RULES } from './registry.js'
export { classesOf, imageShape, taskFor } from './task.js'
export { type TracedRule, type TracedStep, traceRule } from './trace.js'
