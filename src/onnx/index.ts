import '../floor.js'

export type { Device } from './emitter.js'
export { lowerLoop } from './loop.js'
export { lowerStep, type OnnxProgram, type Port, type StatePort, type StepGraph } from './program.js'
