import type { Tensor } from '../graph/tensor.js'
import { type DType, GraphError, sameShape, show } from '../graph/types.js'
import { type Device, type Emitter, type EmitterOptions, valueInfo } from './emitter.js'
import { emitterFor } from './lowerings.js'
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

/** A state tensor that the step hands on as it came does not change: it is an input only. */
export interface StatePort extends Port {
  readonly changes: boolean
}

/** An ONNX model and the names by which it is fed. Batch inputs and metrics of a loop have a leading axis. */
export interface OnnxProgram {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly state: readonly StatePort[]
  readonly batch: readonly Port[]
  readonly metrics: readonly Port[]
}

export const STEPS = 'steps'

const port = (name: string, { dtype, shape }: Tensor): Port => ({ name, dtype, shape })

export const model = (emitter: Emitter, input: unknown[], output: unknown[]): Uint8Array<ArrayBuffer> =>
  encodeModel(
    proto('ModelProto', {
      irVersion: 8n,
      producerName: 'onward',
      opsetImport: Array.from(emitter.domains, (domain) =>
        proto('OperatorSetIdProto', { domain, version: domain === '' ? 18n : 1n }),
      ),
      graph: proto('GraphProto', {
        name: 'onward',
        node: emitter.takeNodes(),
        initializer: emitter.initializers,
        input,
        output,
      }),
    }),
  )

/** An empty list, which the binding of Node cannot give back: see `runInPlace`. */
export const NOTHING = 'nothing'

/**
 * One step a call. Inputs: the state and the batch by name; outputs: the state that changes, named with `out.` before,
 * and the metrics, named with `metric.` before. `intoPlaces`: and first of all one that stops them from being copied.
 * The other options are the emitter's.
 */
export function lowerStep(
  graph: StepGraph,
  device: Device,
  { intoPlaces = false, ...how }: EmitterOptions & { readonly intoPlaces?: boolean } = {},
): OnnxProgram {
  const named = ports(graph)
  const emitter = emitterFor(device, how)
  const { state, batch } = graph
  for (const { name, input } of [...state, ...batch]) emitter.bind(input, name)
  const results = [
    ...state.filter(changes).map(({ name, output }) => ({ name: `out.${name}`, output })),
    ...graph.metrics.map(({ name, output }) => ({ name: `metric.${name}`, output })),
  ]
  emitter.emit(
    results.map(({ output }) => output),
    undefined,
  )
  for (const { name, output } of results) emitter.raw('Identity', [emitter.name(output)], [name])
  if (intoPlaces) emitter.raw('SequenceEmpty', [], [NOTHING])
  const bytes = model(
    emitter,
    [...state, ...batch].map(({ name, input }) => valueInfo(name, input)),
    [
      ...(intoPlaces ? [proto('ValueInfoProto', { name: NOTHING })] : []),
      ...results.map(({ name, output }) => valueInfo(name, output)),
    ],
  )
  return { bytes, ...named }
}

/** The sum of each float32 tensor of a state, named with `sum.` before: it tells whether all numbers are finite. */
export function lowerSums(state: readonly StatePort[], device: Device): Uint8Array<ArrayBuffer> {
  const emitter = emitterFor(device)
  const floats = state.filter(({ dtype }) => dtype === 'float32')
  for (const { name } of floats) emitter.raw('ReduceSum', [name], [`sum.${name}`], { keepdims: 0 })
  return model(
    emitter,
    floats.map((port) => valueInfo(port.name, port)),
    floats.map(({ name }) => valueInfo(`sum.${name}`, { dtype: 'float32', shape: [] })),
  )
}

/** `y` is `x`, [1, 4, 1, 1], with channels of zeros to a whole block: fails where the CPU has no kernels for blocks. */
export function lowerBlock(): Uint8Array<ArrayBuffer> {
  const emitter = emitterFor('cpu')
  emitter.raw('com.microsoft.nchwc:ReorderInput', ['x'], ['y'])
  return model(
    emitter,
    [valueInfo('x', { dtype: 'float32', shape: [1, 4, 1, 1] })],
    [valueInfo('y', { dtype: 'float32' })],
  )
}

/** `y` is `x`, of any shape: a session of it moves a tensor to its device or from it. */
export function lowerIdentity(dtype: DType, device: Device): Uint8Array<ArrayBuffer> {
  const emitter = emitterFor(device)
  emitter.raw('Identity', ['x'], ['y'])
  return model(emitter, [valueInfo('x', { dtype })], [valueInfo('y', { dtype })])
}

export const changes = ({ input, output }: StepGraph['state'][number]): boolean => input !== output

/** For names that no state, batch input or metric has. */
export function unusedPrefix({ state, batch, metrics }: StepGraph, prefix: string): string {
  const isUsed = [...state, ...batch, ...metrics].some(({ name }) => name.startsWith(prefix))
  return isUsed ? unusedPrefix({ state, batch, metrics }, `${prefix}'`) : prefix
}

export function ports({ state, batch, metrics }: StepGraph): Pick<OnnxProgram, 'state' | 'batch' | 'metrics'> {
  const fed = [STEPS, NOTHING, ...state.map(({ name }) => name), ...batch.map(({ name }) => name)]
  for (const list of [fed, metrics.map(({ name }) => name)])
    for (const [i, name] of list.entries())
      if (list.indexOf(name) !== i) throw new GraphError(`a step has two inputs or two metrics of the name ${name}`)
  for (const { name, input, output } of state)
    if (!sameShape(input.shape, output.shape) || input.dtype !== output.dtype)
      throw new GraphError(
        `the state ${name} enters a step as ${input.dtype} ${show(input.shape)} and leaves it as ` +
          `${output.dtype} ${show(output.shape)}`,
      )
  return {
    state: state.map((entry) => ({ ...port(entry.name, entry.input), changes: changes(entry) })),
    batch: batch.map(({ name, input }) => port(name, input)),
    metrics: metrics.map(({ name, output }) => port(name, output)),
  }
}
