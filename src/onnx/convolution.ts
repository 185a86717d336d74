import type { Convolution } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import type { Shape } from '../graph/types.js'
import { convolveInBlocks } from './blocks.js'
import type { Emitter } from './emitter.js'
import { onnxWindow, padded, unfold } from './unfold.js'

/** The most numbers that a convolution lays out for its product: they stay in memory until the weight gradient. */
const MAX_UNFOLDED = 2 ** 23

/**
 * Whether a convolution is written as one product over all images. ONNX Runtime's own is a small product for each
 * image, which is slow where there are more outputs than places; the weights, which ours transposes, must be few beside
 * the images. Of a single image, its own sums in an order that depends on the number of threads, and ours does not.
 */
export function isUnfolded(emit: Emitter, y: Shape, [out, perGroup, kh, kw]: Shape, groups: number): boolean {
  const cells = y[2]! * y[3]!
  const pays = y[0] === 1 ? cells >= out! : out! > cells && y[0]! * cells >= 8 * out!
  return emit.tuned && groups === 1 && kh! * kw! > 1 && pays && y[0]! * cells * perGroup! * kh! * kw! <= MAX_UNFOLDED
}

/** With more outputs, a transposed convolution gains nothing. */
const MAX_SPREAD_OUTPUTS = 4

/**
 * Whether a convolution is written as the transposed convolution of its flipped kernels: that lays out its few outputs.
 * A convolution lays out its many inputs, which takes longer than all products.
 */
const isSpread = (emit: Emitter, [out, perGroup, kh, kw]: Shape, { stride, padding, groups }: Convolution): boolean =>
  emit.tuned &&
  groups === 1 &&
  out! <= MAX_SPREAD_OUTPUTS &&
  perGroup! >= 4 * out! &&
  kh! * kw! > 1 &&
  stride.every((step) => step === 1) &&
  Math.max(...padding[0]) < kh! &&
  Math.max(...padding[1]) < kw!

/** Images [N, C, H, W] with weights [O, C/groups, KH, KW] to `y`, [N, O, H', W']. */
export function convolve(emit: Emitter, x: Tensor, w: Tensor, y: Tensor, window: Convolution): string {
  const [out, , kh, kw] = w.shape as [number, number, number, number]
  const [n, , rows, columns] = y.shape as [number, number, number, number]
  const inBlocks = convolveInBlocks(emit, x, w, window)
  if (inBlocks) return inBlocks
  if (isUnfolded(emit, y.shape, w.shape, window.groups)) {
    const seen = unfold(emit, padded(emit, x, window, [0, 2, 3, 1]), x.shape, [0, kh, kw], [rows, columns], window)
    const weights = emit.reshape(emit.one('Transpose', [w], { perm: [2, 3, 1, 0] }), [w.size / out, out])
    const product = emit.one('MatMul', [emit.reshape(seen, [n * rows * columns, w.size / out]), weights])
    return emit.one('Transpose', [emit.reshape(product, [n, rows, columns, out])], { perm: [0, 3, 1, 2] })
  }
  if (isSpread(emit, w.shape, window)) {
    const flipped = [2, 3].reduce((name: Tensor | string, axis) => emit.slice(name, axis, -1, -(2 ** 31), -1), w)
    const [first, last] = [0, 1].map((side) => [kh - 1 - window.padding[0][side]!, kw - 1 - window.padding[1][side]!])
    const kernels = emit.one('Transpose', [flipped], { perm: [1, 0, 2, 3] })
    return emit.one('ConvTranspose', [x, kernels], { pads: [...first!, ...last!] })
  }
  return convolveAsItIs(emit, x, w, w.shape, window)
}

const NONE = [0, 0] as const

/** By ONNX Runtime's own convolution; on WebGPU around what that gets wrong. */
export function convolveAsItIs(
  emit: Emitter,
  x: Tensor,
  w: Tensor | string,
  [out, perGroup, kh, kw]: Shape,
  window: Convolution,
): string {
  const { strides, pads } = onnxWindow(window)
  const { groups } = window
  if (emit.device !== 'webgpu') return emit.one('Conv', [x, w], { strides, pads, group: groups })
  // Of a 1x1 kernel WebGPU makes a matrix product, and forgets the padding. The output is padded instead.
  if (kh! * kw! * Math.max(...strides) === 1 && Math.max(...pads) > 0) {
    const inner = convolveAsItIs(emit, x, w, [out!, perGroup!, 1, 1], { ...window, padding: [NONE, NONE] })
    return emit.one('Pad', [inner, emit.int64s([0, 0, pads[0]!, pads[1]!, 0, 0, pads[2]!, pads[3]!]), emit.scalar(0)])
  }
  // It also forgets it where a kernel is as large as the image, and only its end is padded.
  const forgets = Math.max(...pads) > 0 && pads[0] === 0 && pads[1] === 0
  const [images, around] = forgets ? [padded(emit, x, window, [0, 1, 2, 3]), [0, 0, 0, 0]] : [emit.name(x), pads]
  // It writes so many outputs at a time, across the borders of groups.
  const vector = out! % 4 === 0 ? 4 : out! % 2 === 0 ? 2 : 1
  const each = out! / groups
  if (groups === 1 || each < 4 || each % vector === 0)
    return emit.one('Conv', [images, w], { strides, pads: around, group: groups })
  const parts = Array.from({ length: groups }, (_, i) => {
    const own = [emit.slice(images, 1, i * perGroup!, (i + 1) * perGroup!), emit.slice(w, 0, i * each, (i + 1) * each)]
    return emit.one('Conv', own, { strides, pads: around })
  })
  return emit.one('Concat', parts, { axis: 1 })
}
