export { type Cut, inPieces } from './blocks.js'
export type { Device } from './emitter.js'
export {
  lowerIdentity,
  lowerLoop,
  lowerStep,
  lowerSums,
  type OnnxProgram,
  type Port,
  type StatePort,
  type StepGraph,
} from './program.js'
