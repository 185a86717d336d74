import { interpret, sizeOf, type Tensor, type Value, value } from '../../src/graph/index.js'
import type { StepGraph } from '../../src/onnx/index.js'
import type { CompileOptions, Program, TensorData, TensorRecord } from '../../src/runtime/index.js'
import type { Platform } from '../../src/train/platform.js'

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }

const states = new WeakMap<Program, TensorRecord>()

/** A program over the interpreter: the slow, obvious device. Its state is rounded to the element types between steps. */
function interpreted(graph: StepGraph, { device, stateOf }: CompileOptions): Program {
  const state = stateOf ? states.get(stateOf)! : {}
  const bind = (tensor: Tensor, data: ArrayLike<number>): [Tensor, Value] => [tensor, value(tensor, data)]
  const program: Program = {
    device,
    async load(given) {
      for (const { name } of graph.state) state[name] = given[name]!.slice()
    },
    async run(steps, batch) {
      const metrics: TensorRecord = {}
      for (let k = 0; k < steps; k++) {
        const results = interpret(
          [...graph.state, ...graph.metrics].map(({ output }) => output),
          new Map([
            ...graph.state.map(({ name, input }) => bind(input, state[name]!)),
            ...graph.batch.map(({ name, input }) =>
              bind(input, batch[name]!.subarray(k * input.size, (k + 1) * input.size)),
            ),
          ]),
        )
        const typed = results.map(({ dtype, data }): TensorData => ARRAYS[dtype].from(data))
        graph.state.forEach(({ name }, i) => {
          state[name] = typed[i]!
        })
        graph.metrics.forEach(({ name, output }, i) => {
          metrics[name] ??= new ARRAYS[output.dtype](steps * sizeOf(output.shape))
          metrics[name].set(typed[graph.state.length + i]!, k * sizeOf(output.shape))
        })
      }
      const notFinite = graph.state.map(({ name }) => name).filter((name) => !state[name]!.every(Number.isFinite))
      return { metrics, seconds: 0.001 * steps, notFinite }
    },
    read: async () => Object.fromEntries(graph.state.map(({ name }) => [name, state[name]!.slice()])),
    async dispose() {},
  }
  states.set(program, state)
  return program
}

export const interpreter: Platform = { compile: async (graph, options) => interpreted(graph, options) }
