export { type Kernel, kernelOf, type Place } from './kernel.js'
export { type SplitStep, splitStep } from './split.js'
