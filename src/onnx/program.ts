import type { Tensor } from '../graph/tensor.js'
import type { DType } from '../graph/types.js'
import { type Device, Emitter, valueInfo } from './emitter.js'
import { encodeModel, proto } from './schema.js'

export interface Port {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
}

/** A pure step: named state in, the same state out, named metrics beside it. All other inputs are the batch. */
export interface StepGraph {
  readonly state: readonly { readonly name: string; readonly input: Tensor; readonly output: Tensor }[]
  readonly batch: readonly { readonly name: string; readonly input: Tensor }[]
  readonly metrics: readonly { readonly name: string; readonly output: Tensor }[]
}

/** An ONNX model and the names by which it is fed. Batch inputs and metrics of a looped model have a leading axis. */
export interface OnnxProgram {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly looped: boolean
  readonly state: readonly Port[]
  readonly batch: readonly Port[]
  readonly metrics: readonly Port[]
}

const STEPS = 'steps'

const port = (name: string, { dtype, shape }: Tensor): Port => ({ name, dtype, shape })

const model = (emitter: Emitter, input: unknown[], output: unknown[]): Uint8Array<ArrayBuffer> =>
  encodeModel(
    proto('ModelProto', {
      irVersion: 8n,
      producerName: 'onward',
      opsetImport: [proto('OperatorSetIdProto', { version: 18n })],
      graph: proto('GraphProto', {
        name: 'onward',
        node: emitter.takeNodes(),
        initializer: emitter.initializers,
        input,
        output,
      }),
    }),
  )

/**
 * One step a call. Inputs: the state and the batch by name; outputs: the state, named with `out.` before, and the
 * metrics, named with `metric.` before.
 */
export function lowerStep({ state, batch, metrics }: StepGraph, device: Device): OnnxProgram {
  const emitter = new Emitter(device)
  for (const { name, input } of [...state, ...batch]) emitter.bind(input, name)
  const outputs = [...state, ...metrics].map(({ output }) => output)
  emitter.emit(outputs, undefined)
  const results = [
    ...state.map(({ name, output }) => ({ name: `out.${name}`, output })),
    ...metrics.map(({ name, output }) => ({ name: `metric.${name}`, output })),
  ]
  for (const { name, output } of results) emitter.raw('Identity', [emitter.name(output)], [name])
  const bytes = model(
    emitter,
    [...state, ...batch].map(({ name, input }) => valueInfo(name, input.dtype, input.shape)),
    results.map(({ name, output }) => valueInfo(name, output.dtype, output.shape)),
  )
  return { bytes, looped: false, ...ports({ state, batch, metrics }) }
}

/**
 * Many steps a call, as one ONNX Loop that carries the state: the binding copies every output of a call, so the state
 * comes back once. Batch inputs are stacked, [steps, ...], and so are the metrics; `steps` is an int64 scalar.
 */
export function lowerLoop(graph: StepGraph, device: Device): OnnxProgram {
  const { state, batch, metrics } = graph
  const emitter = new Emitter(device)
  const body = emitter.graph(() => {
    const carried = state.map(({ input }) => {
      const name = emitter.fresh('carried')
      emitter.bind(input, name)
      return valueInfo(name, input.dtype, input.shape)
    })
    for (const { name, input } of batch) emitter.bind(input, emitter.one('Gather', [name, 'iteration'], { axis: 0 }))
    const outputs = [...state, ...metrics].map(({ output }) => output)
    emitter.emit(outputs, undefined)
    const names = outputs.map((x) => emitter.one('Identity', [emitter.name(x)]))
    const condition = emitter.one('Identity', ['go_on'])
    return {
      input: [valueInfo('iteration', 'int64', []), valueInfo('go_on', 'bool', []), ...carried],
      output: [
        valueInfo(condition, 'bool', []),
        ...outputs.map(({ dtype, shape }, i) => valueInfo(names[i]!, dtype, shape)),
      ],
    }
  })
  const results = [...state.map(({ name }) => `out.${name}`), ...metrics.map(({ name }) => `metric.${name}`)]
  emitter.raw('Loop', [STEPS, emitter.scalar(1, 'bool'), ...state.map(({ name }) => name)], results, { body })
  const bytes = model(
    emitter,
    [
      valueInfo(STEPS, 'int64', []),
      ...state.map(({ name, input }) => valueInfo(name, input.dtype, input.shape)),
      ...batch.map(({ name, input }) => valueInfo(name, input.dtype, [STEPS, ...input.shape])),
    ],
    [
      ...state.map(({ name, output }) => valueInfo(`out.${name}`, output.dtype, output.shape)),
      ...metrics.map(({ name, output }) => valueInfo(`metric.${name}`, output.dtype, [STEPS, ...output.shape])),
    ],
  )
  return { bytes, looped: true, ...ports(graph) }
}

const ports = ({ state, batch, metrics }: StepGraph): Pick<OnnxProgram, 'state' | 'batch' | 'metrics'> => ({
  state: state.map(({ name, input }) => port(name, input)),
  batch: batch.map(({ name, input }) => port(name, input)),
  metrics: metrics.map(({ name, output }) => port(name, output)),
})
