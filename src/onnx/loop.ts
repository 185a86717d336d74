import type { Tensor } from '../graph/tensor.js'
import { type Device, valueInfo } from './emitter.js'
import { emitterFor } from './lowerings.js'
import { changes, model, type OnnxProgram, ports, STEPS, type StepGraph } from './program.js'

/**
 * Many steps a call, as an ONNX Loop that carries the state: the binding copies every output of a call, so the state
 * comes back once. Batch inputs are stacked, [steps, ...], and so are the metrics; `steps` is an int64 scalar. The
 * outputs are those of `lowerStep`.
 */
export function lowerLoop(graph: StepGraph, device: Device, block = 1): OnnxProgram {
  const named = ports(graph)
  const emitter = emitterFor(device, { block })
  const { state, batch, metrics } = graph
  const changing = state.filter(changes)
  const results = [...changing, ...metrics].map(({ output }) => output)
  for (const { name, input } of state) emitter.bind(input, name)
  const steps = (iteration: string): Tensor[] => {
    for (const { name, input } of batch) emitter.bind(input, emitter.one('Gather', [name, iteration], { axis: 0 }))
    return results
  }
  const carried = changing.map(({ input }) => input)
  const body = emitter.loopBody(carried, undefined, steps)
  const inputs = [STEPS, emitter.scalar(1, 'bool'), ...changing.map(({ name }) => name)]
  const outputs = [...changing.map(({ name }) => `out.${name}`), ...metrics.map(({ name }) => `metric.${name}`)]
  emitter.raw('Loop', inputs, outputs, { body })
  const bytes = model(
    emitter,
    [
      valueInfo(STEPS, { dtype: 'int64', shape: [] }),
      ...state.map(({ name, input }) => valueInfo(name, input)),
      ...batch.map(({ name, input }) => valueInfo(name, input, [STEPS])),
    ],
    [
      ...changing.map(({ name, output }) => valueInfo(`out.${name}`, output)),
      ...metrics.map(({ name, output }) => valueInfo(`metric.${name}`, output, [STEPS])),
    ],
  )
  return { bytes, ...named }
}
