import type { StepGraph } from '../onnx/program.js'
import { turnedBest } from './turned.js'

export { chooseTurned } from './turned.js'

/** The same step with the named state matrices turned: their columns lie one after the other. */
export const arrange = (graph: StepGraph, turned: ReadonlySet<string>): StepGraph =>
  turned.size > 0 ? turnedBest(graph, turned).graph : graph
