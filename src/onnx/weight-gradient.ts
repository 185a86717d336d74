import type { Convolution } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import { isUnfolded } from './convolution.js'
import type { Emitter } from './emitter.js'
import { padded, unfold, unfoldByTap } from './unfold.js'

/** Up to so many numbers under a kernel are unfolded by a convolution: pixels of few channels are too small to gather. */
const FEW = 36

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
  const summed = (products: string): string => emit.one('ReduceSum', [products, emit.int64s([0])], { keepdims: 0 })

  const under = perGroup * kh * kw
  const asItLies = kh * kw * Math.max(...window.stride) === 1 && Math.max(...window.padding.flat()) === 0
  if (groups === 1 && (asItLies ? out <= 2 * cells : kh * kw > 1 && under <= FEW)) {
    const seen = asItLies ? x : unfoldByTap(emit, x, weights, window)
    const products = emit.timesTransposed(emit.reshape(g, [n, out, cells]), emit.reshape(seen, [n, under, cells]))
    return emit.reshape(summed(products), weights)
  }
  const each = imagesAProduct(n, cells, out / groups)
  const images = emit.reshape(g, [n / each, each, groups, out / groups, cells])
  const byChannel = each === 1 ? images : emit.one('Transpose', [images], { perm: [0, 2, 3, 1, 4] })
  const left = emit.reshape(byChannel, [n / each, groups, out / groups, each * cells])
  const pixels = padded(emit, x, window, [0, 2, 3, 1])
  // Small maps are unfolded at once, as the forward product does it; large ones by rows of the kernel.
  const height = isUnfolded(weights, cells, groups) ? kh : 1
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

/** So many images make one product: as few as leave the sums, O for each number under the kernel, the smaller part. */
function imagesAProduct(images: number, cells: number, out: number): number {
  const counts = Array.from({ length: images }, (_, i) => i + 1).filter((count) => images % count === 0)
  return counts.find((count) => count * cells >= 2 * out) ?? images
}
