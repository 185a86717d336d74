import { pullback } from '../gradient.js'
import type { Primitive, Value } from '../primitive.js'
import { concat, constant, type Node, type Tensor } from '../tensor.js'
import { GraphError, LOWEST, type Shape, show, sizeOf, type TensorType } from '../types.js'
import { eachProduct, slice, views, type Window, windowCount } from './window.js'

interface Pooling extends Window {
  readonly kernel: readonly [number, number]
}

function infer([x]: readonly Tensor[], attributes: Pooling): TensorType[] {
  const [n, c, height, width] = x!.shape as [number, number, number, number]
  const { kernel, padding } = attributes
  const [rows, columns] = [windowCount(height, kernel[0], 0, attributes), windowCount(width, kernel[1], 1, attributes)]
  if (x!.rank !== 4 || !(rows >= 1 && columns >= 1))
    throw new GraphError(`pooling: a window of ${show(kernel)} does not fit the images ${show(x!.shape)}`)
  if (padding.some((widths, i) => Math.max(...widths) >= kernel[i]!))
    throw new GraphError(`pooling: a window of ${show(kernel)} lies in its padding alone: take less of it`)
  return [{ shape: [n, c, rows, columns], dtype: 'float32' }]
}

type Parts = (seen: readonly Tensor[]) => Tensor[]

/** Each position of the window puts back what `parts` makes of the cotangent to the cells that it saw. */
function scatter({ inputs: [x], outputs: [y], attributes }: Node, fill: number, parts: Parts): Tensor[] {
  const { kernel, padding }: Pooling = attributes
  const padded = x!.pad([[0, 0], [0, 0], ...padding], fill)
  const seen = views(padded, slice, kernel, y!.shape.slice(2), attributes as Pooling, 2)
  return pullback(seen, parts(seen), [x!]) as Tensor[]
}

/** Whether the windows cover the image side by side, so that it can be cut along one axis after the other. */
const areTiles = ({ kernel, stride, padding }: Pooling): boolean =>
  kernel.every((size, i) => size === stride[i] && padding[i]!.every((width) => width === 0))

/** Rows and columns that fill no tile get nothing. */
function padRest(tiled: Tensor, { shape }: Tensor): Tensor {
  const rest = [2, 3].map((axis): [number, number] => [0, shape[axis]! - tiled.shape[axis]!])
  return tiled.pad([[0, 0], [0, 0], ...rest])
}

/** Of equal cells the first one gets the cotangent. ONNX's own inverse is slower than masks, and for the CPU alone. */
function toFirst(maximum: Tensor, seen: readonly Tensor[], g: Tensor): Tensor[] {
  let open = g
  return seen.map((view, i) => {
    if (i === seen.length - 1) return open
    const hit = open.mul(view.equal(maximum).cast('float32'))
    open = open.sub(hit)
    return hit
  })
}

const highest = (views: readonly Tensor[]): Tensor => views.reduce((a, b) => a.maximum(b))

const cut = (x: Tensor, axis: number): Tensor[] =>
  Array.from({ length: x.shape[axis]! }, (_, i) => x.slice(axis, i, i + 1))

/** Rows first, as wholes: the maximum of a tile is that of its columns' maxima, which are fewer numbers to cut up. */
function maxOfTiles({ inputs: [x], outputs: [y], attributes }: Node, g: Tensor): Tensor {
  const [kh, kw] = (attributes as Pooling).kernel
  const [n, c, rows, columns] = y!.shape as [number, number, number, number]
  const tiled = x!.slice(2, 0, rows * kh).slice(3, 0, columns * kw)
  const high = cut(tiled.reshape([n * c * rows, kh, columns * kw]), 1)
  const top = highest(high)
  const wide = Array.from({ length: kw }, (_, j) => top.slice(2, j, columns * kw - kw + j + 1, kw).reshape([1, -1]))
  const toColumns = concat(toFirst(y!.reshape([1, -1]), wide, g.reshape([1, -1])), 0)
  const toRows = toFirst(top, high, toColumns.transpose().reshape(top.shape))
  return padRest(concat(toRows, 1).reshape(tiled.shape), x!)
}

/** Every cell of a tile gets as much. */
function meanOfTiles({ inputs: [x], attributes }: Node, share: Tensor): Tensor {
  const [kh, kw] = (attributes as Pooling).kernel
  const [n, c, rows, columns] = share.shape as [number, number, number, number]
  const tiled = share.reshape([n, c, rows, 1, columns, 1]).broadcastTo([n, c, rows, kh, columns, kw])
  return padRest(tiled.reshape([n, c, rows * kh, columns * kw]), x!)
}

/** The most numbers of the matrix that takes a map to its means. */
const MAX_MEANS = 2 ** 14

/** Windows that overlap, of a small map: one product. As slices, each would be spread out and added. */
function meanOfWindows({ inputs: [x], outputs: [y], attributes }: Node, share: Tensor): Tensor {
  const [cells, means] = [x, y].map((maps) => sizeOf(maps!.shape.slice(2))) as [number, number]
  const reads = new Float64Array(means * cells)
  const [map, pooled] = [x, y].map((maps): Shape => [1, 1, ...maps!.shape.slice(2)]) as [Shape, Shape]
  eachProduct(map, [1, 1, ...attributes.kernel], pooled, { ...attributes, groups: 1 }, (cell, _, mean) => {
    reads[mean * cells + cell] = 1
  })
  return share
    .reshape([-1, means])
    .matmul(constant(reads, [means, cells]))
    .reshape(x!.shape)
}

/** A pooling reads what a depthwise convolution reads. */
function fold(x: Value, output: Shape, attributes: Pooling, start: number, f: (a: number, b: number) => number) {
  const [, channels] = x.shape as [number, number]
  const result = new Float64Array(sizeOf(output)).fill(start)
  const window = { ...attributes, groups: channels }
  eachProduct(x.shape, [channels, 1, ...attributes.kernel], output, window, (cell, _, out) => {
    result[out] = f(result[out]!, x.data[cell]!)
  })
  return result
}

export const pooling: Record<'maxPool2d' | 'averagePool2d', Primitive> = {
  maxPool2d: {
    infer,
    evaluate: ([x], attributes, [y]) => [fold(x!, y!.shape, attributes, Number.NEGATIVE_INFINITY, Math.max)],
    gradient: (node, [g]) =>
      areTiles(node.attributes)
        ? [maxOfTiles(node, g!)]
        : scatter(node, LOWEST, (seen) => toFirst(node.outputs[0]!, seen, g!)),
  },
  averagePool2d: {
    infer,
    evaluate: ([x], attributes, [y]) => {
      const count = attributes.kernel[0] * attributes.kernel[1]
      return [fold(x!, y!.shape, attributes, 0, (sum, cell) => sum + cell / count)]
    },
    gradient: (node, [g]) => {
      const share = g!.mul(1 / sizeOf(node.attributes.kernel))
      if (areTiles(node.attributes)) return [meanOfTiles(node, share)]
      const matrix = sizeOf(node.inputs[0]!.shape.slice(2)) * sizeOf(node.outputs[0]!.shape.slice(2))
      return matrix <= MAX_MEANS ? [meanOfWindows(node, share)] : scatter(node, 0, (seen) => seen.map(() => share))
    },
  },
}
