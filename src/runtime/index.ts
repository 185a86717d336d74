import '../floor.js'

export type { Device } from '../onnx/emitter.js'
export type { StepGraph } from '../onnx/program.js'
export { newPace, observe, type Pace, stepsPerCall } from './pace.js'
export type { CompileOptions, Program, RunResult, TensorData, TensorRecord } from './program.js'
