export type { Device } from './emitter.js'
export { lowerLoop, lowerStep, type OnnxProgram, type Port, type StepGraph } from './program.js'
