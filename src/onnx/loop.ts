import { type Device, valueInfo } from './emitter.js'
import { emitterFor } from './lowerings.js'
import { changes, model, type OnnxProgram, ports, STEPS, type StepGraph } from './program.js'

/**
 * Many steps a call, as an ONNX Loop that carries the state: the binding copies every output of a call, so the state comes
 * back once. Batch inputs are stacked, [steps, ...], and so are the metrics; `steps` is an int64 scalar. The
 * outputs are those of `lowerStep`.
 */
export function lowerLoop(graph: StepGraph, device: Device): OnnxProgram {
  const named = ports(graph)
  const emitter = emitterFor(device)
  const { state, batch, metrics } = graph
  const changing = state.filter(changes)
  const results = [...changing, ...metrics].map(({ output }) => output)
  for (const { name, input } of state) emitter.bind(input, name)
  const body = emitter.graph(() => {
    const iteration = emitter.fresh('iteration')
    const goOn = emitter.fresh('condition')
    const carried = changing.map(({ input }) => {
      const name = emitter.fresh('carried')
      emitter.bind(input, name)
      return valueInfo(name, input.dtype, input.shape)
    })
    for (const { name, input } of batch) emitter.bind(input, emitter.one('Gather', [name, iteration], { axis: 0 }))
    emitter.emit(results, undefined)
    const names = emitter.outputs(results.map((x) => emitter.name(x)))
    return {
      input: [valueInfo(iteration, 'int64', []), valueInfo(goOn, 'bool', []), ...carried],
      output: [
        valueInfo(emitter.one('Identity', [goOn]), 'bool', []),
        ...results.map(({ dtype, shape }, i) => valueInfo(names[i]!, dtype, shape)),
      ],
    }
  })
  const inputs = [STEPS, emitter.scalar(1, 'bool'), ...changing.map(({ name }) => name)]
  const outputs = [...changing.map(({ name }) => `out.${name}`), ...metrics.map(({ name }) => `metric.${name}`)]
  emitter.raw('Loop', inputs, outputs, { body })
  const bytes = model(
    emitter,
    [
      valueInfo(STEPS, 'int64', []),
      ...state.map(({ name, input }) => valueInfo(name, input.dtype, input.shape)),
      ...batch.map(({ name, input }) => valueInfo(name, input.dtype, [STEPS, ...input.shape])),
    ],
    [
      ...changing.map(({ name, output }) => valueInfo(`out.${name}`, output.dtype, output.shape)),
      ...metrics.map(({ name, output }) => valueInfo(`metric.${name}`, output.dtype, [STEPS, ...output.shape])),
    ],
  )
  return { bytes, looped: true, ...named }
}
