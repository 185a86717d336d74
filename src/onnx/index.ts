export type { Device } from './emitter.js'
export { lowerLoop } from './loop.js'
export {
  lowerIdentity,
  lowerStep,
  lowerSums,
  type OnnxProgram,
  type Port,
  type StatePort,
  type StepGraph,
} from './program.js'
