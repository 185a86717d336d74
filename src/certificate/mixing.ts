import { type Node, primitives, type Tensor } from '../graph/index.js'
import { axesAfterReshape } from './reshape.js'

/**
 * Operations that multiply, and the kind of each: rounding makes no other kind. A gather multiplies with one-hot rows.
 */
export const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ['matmul', 'matrix product'],
  ['quantizedMatmul', 'matrix product'],
  ['conv2d', 'convolution'],
  ['quantizedConv2d', 'convolution'],
  ['gather', 'gather'],
])

/** Operations that keep weights what they are, scaled: a normalisation of their input may lie in them. */
export const SCALING = new Set(['mul', 'div', 'neg', 'reshape', 'transpose'])

export const isElementwise = ({ op }: Node): boolean => primitives()[op]!.elementwise === true

/** An axis of `y`, counted in `x`, whose shape is broadcast to that of `y`. */
const aligned = (axis: number, x: Tensor, y: Tensor): number => axis + x.rank - y.rank

/**
 * Whether an elementwise operation with weights is a layer's product: one number of the data meets several weights, or
 * what it gives is summed over an axis of the weights.
 */
export function mixes(node: Node, weights: Tensor, data: readonly Tensor[], users: (x: Tensor) => readonly Node[]) {
  const y = node.outputs[0]!
  const varying = y.shape.flatMap((_, axis) => ((weights.shape[aligned(axis, weights, y)] ?? 1) > 1 ? [axis] : []))
  // Weights times numbers that scale them one by one are weights still.
  const isScaled = SCALING.has(node.op) && sizeBefore(weights) === y.size
  const isMet = (axis: number): boolean => data.every((x) => isSpread(x, aligned(axis, x, y)))
  if (!isScaled && data.length > 0 && varying.some(isMet)) return true
  return node.op !== 'add' && node.op !== 'sub' && isSummed(y, varying, users)
}

/** Of what is broadcast, the size before. */
const sizeBefore = ({ node, size }: Tensor): number => (node.op === 'broadcastTo' ? sizeBefore(node.inputs[0]!) : size)

/** Whether all numbers along an axis are one number. */
function isSpread(x: Tensor, axis: number): boolean {
  if (axis < 0 || x.shape[axis] === 1) return true
  const { op, inputs, attributes } = x.node
  const [from] = inputs
  if (op === 'broadcastTo') return isSpread(from!, aligned(axis, from!, x))
  if (op === 'concat') return attributes.axis === axis && new Set(inputs).size < inputs.length
  return op === 'reshape' && from!.shape.some((size, i) => size > 1 && isSpread(from!, i))
}

/** Whether one of the axes is summed over, at once or after the numbers were put in other places. */
export function isSummed(x: Tensor, axes: readonly number[], users: (x: Tensor) => readonly Node[]): boolean {
  return (
    axes.length > 0 &&
    users(x).some((node) => {
      const { op, attributes, outputs, inputs } = node
      const moved = (to: readonly number[]): boolean => isSummed(outputs[0]!, to, users)
      if (op === 'sum') return axes.some((axis) => attributes.axes.includes(axis))
      if (op === 'transpose') return moved(axes.map((axis) => attributes.order.indexOf(axis)))
      if (op === 'reshape') return moved(axesAfterReshape(x.shape, axes, outputs[0]!.shape))
      if (op === 'neg' || op === 'slice' || op === 'pad') return moved(axes)
      if (op.endsWith('Pool2d')) return axes.some((axis) => axis > 1)
      if (op === 'conv2d') return inputs[0] === x && axes.some((axis) => axis > 0) && isFixed(inputs[1]!)
      if (op !== 'matmul') return false
      const [place, other] = inputs[0] === x ? [0, inputs[1]!] : [1, inputs[0]!]
      const isFlipped: boolean = place === 0 ? attributes.transposeA : attributes.transposeB
      const summed = x.rank - (isFlipped === (place === 0) ? 2 : 1)
      return axes.includes(summed) && isFixed(other)
    })
  )
}

const isFixed = ({ node }: Tensor): boolean =>
  node.op === 'constant' || (node.op === 'broadcastTo' && isFixed(node.inputs[0]!))
