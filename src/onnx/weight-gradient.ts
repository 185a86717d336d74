import { type Convolution, views } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import { type Shape, sizeOf } from '../graph/types.js'
import { weightGradientInBlocks } from './blocks.js'
import { convolveAsItIs, isUnfolded } from './convolution.js'
import type { Emitter } from './emitter.js'
import { divisorWhere, padded, unfold } from './unfold.js'

/** Up to so many numbers under a kernel are laid out by a convolution: to gather pixels of few channels is slower. */
const MAX_GATHERED_TAPS = 36

/** The same for a single image, whose sums must not depend on how columns are shared out among threads. */
const MAX_TAPS_OF_ONE = 144

/**
 * The gradient of a convolution's weights [O, C/groups, KH, KW] from its input [N, C, H, W] and its cotangent
 * [N, O, H', W']: products of the cotangent's channels with what lies under the kernel, by image, then summed. Each is
 * one thread's, and reads the cotangent as it lies.
 */
export function weightGradient(
  emit: Emitter,
  x: Tensor,
  g: Tensor,
  { weights, ...window }: Convolution & { readonly weights: readonly number[] },
): string {
  const { groups } = window
  const [out, perGroup, kh, kw] = weights as [number, number, number, number]
  const [n, , rows, columns] = g.shape as [number, number, number, number]
  const cells = rows * columns
  const summed = (products: string, axes = [0]): string =>
    emit.one('ReduceSum', [products, emit.int64s(axes)], { keepdims: 0 })

  if (perGroup === 1 && out === groups) {
    const image = padded(emit, x, window, [0, 1, 2, 3])
    const seen = views(image, emit.slice.bind(emit), [kh, kw], [rows, columns], window, 2)
    const taps = seen.map((view) => emit.reshape(summed(emit.one('Mul', [view, g]), [0, 2, 3]), [out, 1]))
    return emit.reshape(emit.one('Concat', taps, { axis: 1 }), weights)
  }
  const inBlocks = weightGradientInBlocks(emit, x, g, weights, window)
  if (inBlocks) return inBlocks
  const under = perGroup * kh * kw
  const asItLies = kh * kw * Math.max(...window.stride) === 1 && Math.max(...window.padding.flat()) === 0
  if (
    groups === 1 &&
    (asItLies ? out <= 2 * cells : kh * kw > 1 && under <= (n === 1 ? MAX_TAPS_OF_ONE : MAX_GATHERED_TAPS))
  ) {
    const seen = asItLies ? x : unfoldByTap(emit, x, weights, window)
    const [left, right] = [emit.reshape(g, [n, out, cells]), emit.reshape(seen, [n, under, cells])]
    // Of a single image the engine shares out the longer side, and sums columns in another order than rows: so rows.
    if (n === 1 && under > out)
      return emit.reshape(emit.one('Transpose', [emit.timesTransposed(right, left)], { perm: [0, 2, 1] }), weights)
    return emit.reshape(summed(emit.timesTransposed(left, right)), weights)
  }
  // So many images make one product: as few as possible, while making the products takes longer than adding them up.
  const each = divisorWhere(n, (count) => count * cells >= (2 * out) / groups)
  const images = emit.reshape(g, [n / each, each, groups, out / groups, cells])
  const byChannel = each === 1 ? images : emit.one('Transpose', [images], { perm: [0, 2, 3, 1, 4] })
  const left = emit.reshape(byChannel, [n / each, groups, out / groups, each * cells])
  const pixels = padded(emit, x, window, [0, 2, 3, 1])
  // In one piece where the forward product lays it out anyway, else by rows of the kernel.
  const height = isUnfolded(emit, g.shape, weights, groups) ? kh : 1
  const byRow = Array.from({ length: kh / height }, (_, row) => {
    const seen = unfold(emit, pixels, x.shape, [row * height, (row + 1) * height, kw], [rows, columns], window)
    const apart = emit.reshape(seen, [n / each, each * cells, height * kw, groups, perGroup])
    const byGroup = groups === 1 ? apart : emit.one('Transpose', [apart], { perm: [0, 3, 1, 2, 4] })
    const right = emit.reshape(byGroup, [n / each, groups, each * cells, height * kw * perGroup])
    return summed(emit.one('MatMul', [left, right]))
  })
  const all = emit.reshape(emit.one('Concat', byRow, { axis: 2 }), [out, kh, kw, perGroup])
  return emit.one('Transpose', [all], { perm: [0, 3, 1, 2] })
}

/**
 * What each output reads under a kernel [O, C, KH, KW], an image for each tap: [N, C*KH*KW, H', W']. A convolution with
 * weights of 0 and 1: an infinite pixel gives NaN at its other taps.
 */
function unfoldByTap(emit: Emitter, images: Tensor, [, ...kernel]: Shape, window: Convolution): string {
  const taps = sizeOf(kernel)
  const data = Float32Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0))
  const ones = emit.initializer({ data, shape: [taps, ...kernel], dtype: 'float32' })
  return convolveAsItIs(emit, images, ones, [taps, ...kernel], window)
}
