import { valueInfo } from '../../src/onnx/emitter.js'
import { encodeModel, type Message, proto } from '../../src/onnx/schema.js'

const FLOAT = 1

const tensor = (name: string, dims: readonly number[], numbers: readonly number[]): Message =>
  proto('TensorProto', {
    ...{ name, dataType: FLOAT, dims: dims.map(BigInt) },
    rawData: new Uint8Array(Float32Array.from(numbers).buffer),
  })

const ints = (name: string, values: readonly number[]): Message =>
  proto('AttributeProto', { name, ints: values.map(BigInt), type: 7 })
const int = (name: string, value: number): Message => proto('AttributeProto', { name, i: BigInt(value), type: 2 })

/** A chain of nodes from `x` to `y`, one input and weights each. */
export interface Chain {
  readonly nodes: readonly {
    readonly op: string
    readonly weights?: readonly { readonly dims: readonly number[]; readonly numbers: readonly number[] }[]
    readonly ints?: Readonly<Record<string, readonly number[]>>
    readonly int?: Readonly<Record<string, number>>
  }[]
  /** Of the input; a word is a size that is free. */
  readonly input: readonly (number | string)[]
  readonly output: readonly (number | string)[]
}

export function chain({ nodes, input, output }: Chain): Uint8Array<ArrayBuffer> {
  const initializer: Message[] = []
  const node = nodes.map(({ op, weights = [], ints: lists = {}, int: single = {} }, i) => {
    const names = weights.map(({ dims, numbers }, k) => {
      const name = `w${i}.${k}`
      initializer.push(tensor(name, dims, numbers))
      return name
    })
    return proto('NodeProto', {
      input: [i === 0 ? 'x' : `h${i - 1}`, ...names],
      output: [i === nodes.length - 1 ? 'y' : `h${i}`],
      ...{ name: `n${i}`, opType: op },
      attribute: [
        ...Object.entries(lists).map(([name, values]) => ints(name, values)),
        ...Object.entries(single).map(([name, value]) => int(name, value)),
      ],
    })
  })
  const port = (name: string, shape: readonly (number | string)[]): Message =>
    valueInfo(name, { dtype: 'float32', shape: [] }, shape)
  const graph = proto('GraphProto', {
    ...{ name: 'features', node, initializer },
    ...{ input: [port('x', input)], output: [port('y', output)] },
  })
  const opsetImport = [proto('OperatorSetIdProto', { version: 18n })]
  return encodeModel(proto('ModelProto', { irVersion: 8n, producerName: 'test', opsetImport, graph }))
}

const convolution = (from: number, to: number) => ({
  op: 'Conv',
  weights: [
    {
      dims: [to, from, 1, 1],
      numbers: Array.from({ length: to * from }, (_, i) => (i % (from + 1) === 0 ? 1 : 0.001 * (i % 7))),
    },
  ],
  ints: { kernel_shape: [1, 1] },
})
const pool = (op: string, stride: number, pad: number, countsMargin?: number) => ({
  op,
  ints: { kernel_shape: [3, 3], strides: [stride, stride], pads: [pad, pad, pad, pad] },
  ...(countsMargin !== undefined && { int: { count_include_pad: countsMargin } }),
})

/** What tells the Inception of 2015 apart, as a chain of small layers that runs in an instant. */
export function inception({ convolutions = 94, countsMargin = 0, last = 'MaxPool', scale = 2, shift = 1 } = {}): Chain {
  const number = (value: number) => [{ dims: [], numbers: [value] }]
  return {
    input: ['N', 3, 'H', 'W'],
    output: ['N', 2048, 1, 1],
    nodes: [
      { op: 'Mul', weights: number(scale) },
      { op: 'Sub', weights: number(shift) },
      ...Array.from({ length: convolutions - 1 }, () => convolution(3, 3)),
      ...[1, 2, 3, 4].map(() => pool('MaxPool', 2, 0)),
      ...Array.from({ length: 8 }, () => pool('AveragePool', 1, 1, countsMargin)),
      pool(last, 1, 1),
      convolution(3, 2048),
      { op: 'GlobalAveragePool' },
    ],
  }
}
