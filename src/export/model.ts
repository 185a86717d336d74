import type { Message } from '@bufbuild/protobuf'
import { outputCount, type Samples } from '../data/index.js'
import { UserError } from '../errors.js'
import { type DType, GraphError, reachable, type Tensor } from '../graph/index.js'
import { type Emitter, valueInfo } from '../onnx/emitter.js'
import type { StepGraph } from '../onnx/index.js'
import { emitterFor } from '../onnx/lowerings.js'
import { encodeModel, proto } from '../onnx/schema.js'
import type { AnyRule, Task } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import type { TensorRecord } from '../runtime/index.js'
import { targetKind } from '../targets/index.js'
import { freeBatch, type Part } from './free-batch.js'

/** A trained network as an ONNX model that needs nothing beside it. */
export interface ExportedModel {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The number of samples that the model takes at a time: any, or just so many. */
  readonly batch: 'any' | number
}

/**
 * The prediction of a trained network with its weights as constants. Input `x`: float32 [N, ...shape], quantised levels
 * from 0 to 1, real numbers in their own units. Outputs: `scores`, float32 [N, K], and what they say: for classes
 * `label`, for labels `labels`, for values `values` in their own units. N is free wherever the graph allows it, and
 * otherwise the batch of the task. Throws a UserError where the rule predicts nothing.
 */
export function exportModel(
  rule: AnyRule,
  task: Task,
  hyper: unknown,
  state: TensorRecord,
  samples: Samples,
): ExportedModel {
  if (!rule.predict)
    throw new UserError(`${rule.id} only generates, it predicts nothing: draw with it instead (onward samples)`)
  const build = (batch: number): Part =>
    emitPrediction(traceRule(rule, { ...task, batch }, hyper).predict, state, samples)
  // Two sizes that no size of a network is a multiple of: what differs between the two graphs is the batch.
  const [a, b] = [1009, 2003]
  const free = freeBatch(build(a), build(b), [a, b])
  if (free) return { bytes: encode(free, samples, 'N'), batch: 'any' }
  return { bytes: encode(build(task.batch), samples, task.batch), batch: task.batch }
}

const ELEMENT: Record<DType, number> = { float32: 1, int32: 6, bool: 9 }

function emitPrediction({ state: ports, batch, metrics }: StepGraph, state: TensorRecord, samples: Samples): Part {
  const emitter = emitterFor('cpu', { portable: true })
  const scores = metrics.find(({ name }) => name === 'scores')!.output
  emitter.bind(batch[0]!.input, samples.inputScale ? standardise(emitter, samples) : 'x')
  const needed = new Set<Tensor>(reachable([scores]).flatMap(({ outputs }) => outputs))
  for (const { name, input } of ports.filter((port) => needed.has(port.input))) {
    const data = state[name]
    if (data?.length !== input.size) throw new GraphError(`export: ${name} has no value of ${input.size} numbers`)
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const dims = input.shape.map(BigInt)
    // A rule may call its own tensors what the model calls its outputs.
    const own = `network.${name}`
    emitter.bind(input, own)
    emitter.initializers.push(proto('TensorProto', { dims, dataType: ELEMENT[input.dtype], name: own, rawData }))
  }
  emitter.emit([scores], undefined)
  emitter.raw('Identity', [emitter.name(scores)], ['scores'])
  targetKind(samples.target).exported(samples).emit(emitter)
  return { nodes: emitter.takeNodes(), initializers: emitter.initializers }
}

/**
 * Brings real inputs from their own units to those that the network reads. Returns the name of the result. The mean is
 * taken away in two parts, since large numbers close to each other differ by less than it is rounded.
 */
function standardise(emitter: Emitter, { input: { shape }, inputScale }: Samples): string {
  const alongFirst = [shape[0] ?? 1, ...shape.slice(1).map(() => 1)]
  const constant = (data: readonly number[]): string =>
    emitter.initializer({ data, shape: alongFirst, dtype: 'float32' })
  const { mean } = inputScale!
  emitter.raw('Sub', ['x', constant(mean)], ['x.nearly'])
  emitter.raw('Sub', ['x.nearly', constant(mean.map((m) => m - Math.fround(m)))], ['x.centred'])
  emitter.raw('Div', ['x.centred', constant(inputScale!.deviation)], ['x.standardised'])
  return 'x.standardised'
}

function encode({ nodes, initializers }: Part, samples: Samples, batch: number | string): Uint8Array<ArrayBuffer> {
  const said = targetKind(samples.target).exported(samples)
  const used = new Set(nodes.flatMap(inputsOf))
  const graph = proto('GraphProto', {
    name: 'prediction',
    node: nodes,
    initializer: initializers.filter((tensor) => used.has((tensor as Message & { name: string }).name)),
    input: [valueInfo('x', { dtype: 'float32', shape: samples.input.shape }, [batch])],
    output: [
      valueInfo('scores', { dtype: 'float32', shape: [outputCount(samples.target)] }, [batch]),
      valueInfo(said.name, said, [batch]),
    ],
  })
  const opsetImport = [proto('OperatorSetIdProto', { version: 18n })]
  return encodeModel(proto('ModelProto', { irVersion: 8n, producerName: 'onward', opsetImport, graph }))
}

interface NodeProto {
  readonly input: readonly string[]
  readonly attribute: readonly { readonly g?: { readonly node: readonly Message[] } }[]
}

/** The names that a node reads, and those that the bodies in it read. */
function inputsOf(message: Message): string[] {
  const { input, attribute } = message as unknown as NodeProto
  return [...input, ...attribute.flatMap(({ g }) => g?.node.flatMap(inputsOf) ?? [])]
}
