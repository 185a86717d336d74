import type { Primitive } from '../primitive.js'
import { concat, type Node, type Tensor } from '../tensor.js'
import { sizeOf, type TensorType } from '../types.js'
import { onnxWindow, type Window, windowCount } from './product.js'
import { dilate } from './shape.js'

/** Lower than every activity, and finite: a padded cell that never wins. */
const LOWEST = -3e38

interface Pooling extends Window {
  readonly kernel: readonly [number, number]
}

function infer([x]: readonly Tensor[], attributes: Pooling): TensorType[] {
  const [n, c, height, width] = x!.shape as [number, number, number, number]
  const rows = windowCount(height, attributes.kernel[0], 0, attributes)
  return [{ shape: [n, c, rows, windowCount(width, attributes.kernel[1], 1, attributes)], dtype: 'float32' }]
}

/** The input as each position of the window sees it: kernel rows * columns tensors of the output's shape. */
function shifts(x: Tensor, { outputs: [y], attributes }: Node, fill: number): Tensor[] {
  const { kernel, stride, padding }: Pooling = attributes
  const padded = x.pad([[0, 0], [0, 0], padding[0], padding[1]], fill)
  const views: Tensor[] = []
  for (let ky = 0; ky < kernel[0]; ky++)
    for (let kx = 0; kx < kernel[1]; kx++)
      views.push(
        padded
          .slice(2, ky, ky + (y!.shape[2]! - 1) * stride[0] + 1, stride[0])
          .slice(3, kx, kx + (y!.shape[3]! - 1) * stride[1] + 1, stride[1]),
      )
  return views
}

/** The transpose of `shifts`: puts each position's cotangent back to the cells that it saw. */
function scatter(parts: readonly Tensor[], { inputs: [x], attributes }: Node): Tensor {
  const { kernel, stride, padding }: Pooling = attributes
  const [n, c, height, width] = x!.shape as [number, number, number, number]
  const [, , rows, columns] = parts[0]!.shape as [number, number, number, number]
  if (kernel.every((size, i) => size === stride[i]) && rows * kernel[0] === height && columns * kernel[1] === width) {
    const stacked = concat(
      parts.map((part) => part.reshape([1, n, c, rows, columns])),
      0,
    )
    return stacked
      .reshape([...kernel, n, c, rows, columns])
      .transpose([2, 3, 4, 0, 5, 1])
      .reshape(x!.shape)
  }
  const full = [height + padding[0][0] + padding[0][1], width + padding[1][0] + padding[1][1]]
  return parts
    .map((part, k) => {
      const offsets = [Math.floor(k / kernel[1]), k % kernel[1]]
      return offsets.reduce((spread, offset, i) => {
        const count = (spread.shape[2 + i]! - 1) * stride[i]! + 1
        const rest = full[i]! - offset - count
        const widths = [0, 1, 2, 3].map((axis): [number, number] => (axis === 2 + i ? [offset, rest] : [0, 0]))
        return dilate(spread, 2 + i, stride[i]!)
          .slice(2 + i, 0, count)
          .pad(widths)
      }, part)
    })
    .reduce((sum, part) => sum.add(part))
    .slice(2, padding[0][0], padding[0][0] + height)
    .slice(3, padding[1][0], padding[1][0] + width)
}

function evaluate(
  x: { shape: readonly number[]; data: Float64Array },
  { kernel, stride, padding }: Pooling,
  shape: readonly number[],
  start: number,
  f: (a: number, b: number) => number,
): Float64Array {
  const [, , height, width] = x.shape as [number, number, number, number]
  const [, , rows, columns] = shape as [number, number, number, number]
  return new Float64Array(sizeOf(shape)).map((_, i) => {
    const plane = Math.floor(i / (rows * columns))
    let result = start
    for (let ky = 0; ky < kernel[0]; ky++)
      for (let kx = 0; kx < kernel[1]; kx++) {
        const y = (Math.floor(i / columns) % rows) * stride[0] + ky - padding[0][0]
        const z = (i % columns) * stride[1] + kx - padding[1][0]
        if (y >= 0 && y < height && z >= 0 && z < width) result = f(result, x.data[(plane * height + y) * width + z]!)
      }
    return result
  })
}

export const pooling: Record<string, Primitive> = {
  maxPool2d: {
    infer,
    evaluate: ([x], attributes, [output]) => [
      evaluate(x!, attributes, output!.shape, Number.NEGATIVE_INFINITY, Math.max),
    ],
    // Of equal cells the first one gets the cotangent. Masks: ONNX's own inverse exists on the CPU alone.
    gradient: (node, [g]) => {
      let open = g!
      const parts = shifts(node.inputs[0]!, node, LOWEST).map((view) => {
        const hit = open.mul(view.equal(node.outputs[0]!).cast('float32'))
        open = open.sub(hit)
        return hit
      })
      return [scatter(parts, node)]
    },
    lower: (emit, { inputs, attributes }) =>
      emit.node('MaxPool', inputs, { kernel_shape: attributes.kernel, ...onnxWindow(attributes) }),
  },
  averagePool2d: {
    infer,
    evaluate: ([x], attributes, [output]) => {
      const count = attributes.kernel[0] * attributes.kernel[1]
      return [evaluate(x!, attributes, output!.shape, 0, (a, b) => a + b).map((sum) => sum / count)]
    },
    gradient: (node, [g]) => {
      const [rows, columns] = node.attributes.kernel
      const share = g!.mul(1 / (rows * columns))
      return [scatter(new Array<Tensor>(rows * columns).fill(share), node)]
    },
    lower: (emit, { inputs, attributes }) =>
      emit.node('AveragePool', inputs, {
        kernel_shape: attributes.kernel,
        count_include_pad: 1,
        ...onnxWindow(attributes),
      }),
  },
}
