import { pullback } from '../gradient.js'
import type { Primitive, Value } from '../primitive.js'
import { concat, type Node, type Tensor } from '../tensor.js'
import { GraphError, LOWEST, type Shape, show, sizeOf, type TensorType } from '../types.js'
import { eachProduct, onnxWindow, slice, views, type Window, windowCount } from './window.js'

interface Pooling extends Window {
  readonly kernel: readonly [number, number]
}

function infer([x]: readonly Tensor[], attributes: Pooling): TensorType[] {
  const [n, c, height, width] = x!.shape as [number, number, number, number]
  const { kernel } = attributes
  const [rows, columns] = [windowCount(height, kernel[0], 0, attributes), windowCount(width, kernel[1], 1, attributes)]
  if (x!.rank !== 4 || !(rows >= 1 && columns >= 1))
    throw new GraphError(`pooling: a window of ${show(kernel)} does not fit the images ${show(x!.shape)}`)
  return [{ shape: [n, c, rows, columns], dtype: 'float32' }]
}

/** Puts back what each position of the window makes of the cotangent to the cells that it saw. */
function scatter(node: Node, fill: number, parts: (seen: readonly Tensor[]) => Tensor[]): Tensor[] {
  const [x, y, attributes] = [node.inputs[0]!, node.outputs[0]!, node.attributes]
  const { kernel, stride, padding }: Pooling = attributes
  const [n, c, rows, columns] = y.shape as [number, number, number, number]
  const seen = views(x.pad([[0, 0], [0, 0], ...padding], fill), slice, kernel, [rows, columns], attributes, 2)
  const tiles = kernel.every((size, i) => size === stride[i] && padding[i]!.every((width) => width === 0))
  if (!tiles) return pullback(seen, parts(seen), [x]) as Tensor[]
  const stacked = concat(
    parts(seen).map((part) => part.reshape([1, n, c, rows, columns])),
    0,
  )
  const tiled = stacked.reshape([...kernel, n, c, rows, columns]).transpose([2, 3, 4, 0, 5, 1])
  // Rows and columns that fill no window got nothing.
  const rest = kernel.map((size, i): [number, number] => [0, x.shape[2 + i]! - y.shape[2 + i]! * size])
  return [tiled.reshape([n, c, rows * kernel[0], columns * kernel[1]]).pad([[0, 0], [0, 0], ...rest])]
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

export const pooling: Record<string, Primitive> = {
  maxPool2d: {
    infer,
    evaluate: ([x], attributes, [y]) => [fold(x!, y!.shape, attributes, Number.NEGATIVE_INFINITY, Math.max)],
    // Of equal cells the first one gets the cotangent. Masks: ONNX's own inverse exists on the CPU alone.
    gradient: (node, [g]) => {
      let open = g!
      return scatter(node, LOWEST, (seen) =>
        seen.map((view) => {
          const hit = open.mul(view.equal(node.outputs[0]!).cast('float32'))
          open = open.sub(hit)
          return hit
        }),
      )
    },
    lower: (emit, { inputs, attributes }) =>
      emit.node('MaxPool', inputs, { kernel_shape: attributes.kernel, ...onnxWindow(attributes) }),
  },
  averagePool2d: {
    infer,
    evaluate: ([x], attributes, [y]) => {
      const count = attributes.kernel[0] * attributes.kernel[1]
      return [fold(x!, y!.shape, attributes, 0, (sum, cell) => sum + cell / count)]
    },
    gradient: (node, [g]) => {
      const share = g!.mul(1 / sizeOf(node.attributes.kernel))
      return scatter(node, 0, (seen) => seen.map(() => share))
    },
    lower: (emit, { inputs, attributes }) =>
      emit.node('AveragePool', inputs, {
        kernel_shape: attributes.kernel,
        count_include_pad: 1,
        ...onnxWindow(attributes),
      }),
  },
}
