import type { Convolution } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import type { Shape } from '../graph/types.js'
import type { Emitter } from './emitter.js'
import { onnxWindow } from './unfold.js'

/**
 * ONNX Runtime's kernels for channels in blocks: images [N, C, H, W] lie as [N, C/b, H, W, b], kernels [O, C, KH, KW] as
 * [O/b, C/b, KH, KW, b inputs, b outputs]. They lay out nothing for products, and leave no part of a vector unused. The
 * engine takes them of itself where weights are constants.
 */
const own = (op: string): string => `com.microsoft.nchwc:${op}`

const whole = (count: number, block: number): number => block * Math.ceil(count / block)

/** The engine moves channels by fours; blocks that are filled up with zeros should be few. */
const fits = (count: number, block: number): boolean => count % 4 === 0 && 4 * count >= 3 * whole(count, block)

/** Images [N, C, H, W] with weights [O, C, KH, KW]; undefined where they do not go well into blocks. */
export function convolveInBlocks(emit: Emitter, x: Tensor, w: Tensor, window: Convolution): string | undefined {
  const b = emit.block
  const [out, channels, kh, kw] = w.shape as [number, number, number, number]
  if (b === 1 || window.groups > 1 || kh * kw === 1 || !fits(out, b) || !fits(channels, b)) return undefined
  const [outs, ins] = [whole(out, b), whole(channels, b)]
  const more = [0, 0, 0, 0, outs - out, ins - channels, 0, 0]
  const filled = Math.max(...more) === 0 ? w : emit.one('Pad', [w, emit.int64s(more)])
  const parts = emit.reshape(filled, [outs / b, b, ins / b, b, kh, kw])
  const kernels = emit.reshape(emit.one('Transpose', [parts], { perm: [0, 2, 4, 5, 3, 1] }), [outs, ins, kh, kw])
  const how = { kernel_shape: [kh, kw], ...onnxWindow(window) }
  const y = emit.one(own('Conv'), [emit.one(own('ReorderInput'), [x]), kernels], how)
  return emit.one(own('ReorderOutput'), [y], { channels: out })
}

/**
 * The gradient of kernels [O, C, KH, KW] as a convolution: images [N, C, H, W] are its channels, their cotangent
 * [N, O, H', W'] its kernels, and the channels C lie side by side as one wide image. Each block of images is a group;
 * their products are summed at the end. Of each column of the kernels it is a convolution of its own, whose step is from
 * one channel to the next, with zeros between them. Undefined where images or outputs do not go well into blocks.
 */
export function weightGradientInBlocks(emit: Emitter, x: Tensor, g: Tensor, weights: Shape, window: Convolution) {
  const b = emit.block
  const [out, channels, kh, kw] = weights as [number, number, number, number]
  const [n, , height, width] = x.shape as [number, number, number, number]
  const steps = Math.max(window.groups, ...window.stride)
  if (b === 1 || steps > 1 || kh * kw === 1 || out % b > 0 || !fits(n, b)) return undefined
  const [[top, bottom], [left, right]] = window.padding
  const [rows, columns] = g.shape.slice(2) as [number, number]
  const groups = whole(n, b) / b
  const between = Math.max(left, right)
  const period = width + between
  const byImage = emit.one(own('ReorderInput'), [emit.reshape(x, [1, n, channels * height, width])])
  const byRow = emit.reshape(byImage, [groups, channels, height, width * b])
  const lines = emit.reshape(emit.one('Transpose', [byRow], { perm: [0, 2, 1, 3] }), [-1, width * b])
  const apart = emit.one('Pad', [lines, emit.int64s([0, 0, 0, between * b])])
  const images = emit.reshape(apart, [1, groups * b, height, channels * period])
  // First images to blocks, then outputs: [groups, O/b, H', W', b images, b outputs].
  const cotangents = emit.one(own('ReorderInput'), [emit.reshape(g, [1, n, out, rows * columns])])
  const twice = emit.one(own('ReorderInput'), [emit.reshape(cotangents, [(groups * out) / b, b, rows * columns, b])])
  const kernels = emit.reshape(twice, [groups * out, b, rows, columns])
  const ones = emit.initializer({ data: new Float32Array(groups).fill(1), shape: [1, groups], dtype: 'float32' })
  const how = { kernel_shape: [rows, columns], strides: [1, period], group: groups }
  const byColumn = Array.from({ length: kw }, (_, column) => {
    // What lies a step before the first channel, or one after the last, may be read too, and is left out.
    const [before, skipped] = column <= left ? [left - column, 0] : [period + left - column, 1]
    const count = Math.floor((channels * period + before - columns) / period) + 1
    const products = emit.one(own('Conv'), [images, kernels], { ...how, pads: [top, before, bottom, 0] })
    const sum = emit.one('MatMul', [ones, emit.reshape(products, [groups, out * kh * count])])
    return emit.slice(emit.reshape(sum, [1, out / b, kh, count, b]), 3, skipped, skipped + channels)
  })
  const all = emit.one('Transpose', [emit.one('Concat', byColumn, { axis: 0 })], { perm: [1, 4, 3, 2, 0] })
  return emit.reshape(all, weights)
}
