import { decodeModel } from '../onnx/schema.js'

// Read from the code of TTUR and pytorch-fid: what tells the network of 2015 from the others that are called Inception v3.

interface TensorProto {
  readonly name: string
  readonly dims: readonly bigint[]
  readonly rawData: Uint8Array
}

interface NodeProto {
  readonly opType: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly attribute: readonly {
    readonly name: string
    readonly i: bigint
    readonly s: Uint8Array
    readonly t?: TensorProto
    readonly ints: readonly bigint[]
  }[]
}

interface Graph {
  readonly node: readonly NodeProto[]
  readonly initializer: readonly TensorProto[]
}

/**
 * Whether an ONNX model is built as the Inception v3 of 2015-12-05 up to its 2048 pooled features, for pixels in [0, 1]: 94
 * convolutions; eight averages over 3 x 3 places that leave the margin out; the last such pooling a maximum; 2 x - 1 before the
 * first convolution. The one of torchvision counts the margin and averages to the end. The numbers of the weights are not
 * known here: a network of that structure with other weights is taken for it.
 */
export function isInception(bytes: Uint8Array): boolean {
  const { graph } = decodeModel(bytes) as unknown as { readonly graph?: Graph }
  if (!graph) return false
  const { node } = graph
  const pools = (op: string, stride: bigint) =>
    node.filter((own) => own.opType === op && is(own, 'kernel_shape', 3n) && is(own, 'strides', stride))
  const averages = pools('AveragePool', 1n)
  return (
    node.filter(({ opType }) => opType === 'Conv').length === 94 &&
    averages.length === 8 &&
    averages.every((own) => hasMargin(own) && attributeOf(own, 'count_include_pad')?.i !== 1n) &&
    pools('MaxPool', 1n).length === 1 &&
    pools('MaxPool', 2n).length === 4 &&
    isScaled(graph)
  )
}

const attributeOf = ({ attribute }: NodeProto, name: string) => attribute.find((own) => own.name === name)

const is = (own: NodeProto, name: string, value: bigint): boolean => {
  const ints = attributeOf(own, name)?.ints ?? (name === 'strides' ? [1n] : [])
  return ints.length > 0 && ints.every((size) => size === value)
}

const hasMargin = (own: NodeProto): boolean =>
  new TextDecoder().decode(attributeOf(own, 'auto_pad')?.s).startsWith('SAME') ||
  (attributeOf(own, 'pads')?.ints.some((pad) => pad > 0n) ?? false)

/** Before the first convolution there is a product with 2 and a difference of 1, and nothing else but a change of size. */
function isScaled({ node, initializer }: Graph): boolean {
  const numbers = new Map(initializer.map((tensor) => [tensor.name, numberIn(tensor)]))
  for (const { opType, attribute, output } of node)
    if (opType === 'Constant') numbers.set(output[0]!, numberIn(attribute.find(({ t }) => t)?.t))
  const before = node.slice(
    0,
    node.findIndex(({ opType }) => opType === 'Conv'),
  )
  const by = (ops: readonly string[], number: number): boolean =>
    before.some(({ opType, input }) => ops.includes(opType) && input.some((name) => numbers.get(name) === number))
  return by(['Mul'], 2) && (by(['Sub'], 1) || by(['Add'], -1))
}

/** The number of a tensor of one float. */
function numberIn(tensor: TensorProto | undefined): number | undefined {
  if (!tensor || tensor.dims.some((size) => size !== 1n)) return undefined
  const { rawData } = tensor
  if (rawData.byteLength !== 4) return undefined
  return new DataView(rawData.buffer, rawData.byteOffset, 4).getFloat32(0, true)
}
