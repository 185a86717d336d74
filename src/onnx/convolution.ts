import { type Convolution, onnxWindow } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import type { Shape } from '../graph/types.js'
import type { Emitter } from './emitter.js'
import { padded, unfold } from './unfold.js'

/**
 * Whether a convolution is one product over all images on the CPU: where it has more outputs than places, ONNX Runtime's
 * own is a product for each image, shared out among the threads one by one.
 */
export const isUnfolded = ([out, , kh, kw]: Shape, cells: number, groups: number): boolean =>
  groups === 1 && kh! * kw! > 1 && out! > cells

/** Images [N, C, H, W] with weights [O, C/groups, KH, KW] to `y`, [N, O, H', W']. */
export function convolve(emit: Emitter, x: Tensor, w: Tensor, y: Tensor, window: Convolution): string {
  const [out, , kh, kw] = w.shape as [number, number, number, number]
  const [n, , rows, columns] = y.shape as [number, number, number, number]
  const { groups } = window
  const { strides, pads } = onnxWindow(window)
  if (emit.device === 'cpu' && isUnfolded(w.shape, rows * columns, groups)) {
    const seen = unfold(emit, padded(emit, x, window, [0, 2, 3, 1]), x.shape, [0, kh, kw], [rows, columns], window)
    const weights = emit.reshape(emit.one('Transpose', [w], { perm: [2, 3, 1, 0] }), [w.size / out, out])
    const product = emit.one('MatMul', [emit.reshape(seen, [n * rows * columns, w.size / out]), weights])
    return emit.one('Transpose', [emit.reshape(product, [n, rows, columns, out])], { perm: [0, 3, 1, 2] })
  }
  // WebGPU makes a matrix product of such a convolution, and forgets the padding; the output can be padded instead.
  const pointwise = kh * kw * Math.max(...strides) === 1
  if (emit.device !== 'webgpu' || !pointwise || Math.max(...pads) === 0)
    return emit.one('Conv', [x, w], { strides, pads, group: groups })
  const [top, left, bottom, right] = pads as [number, number, number, number]
  const inner = emit.one('Conv', [x, w], { group: groups })
  return emit.one('Pad', [inner, emit.int64s([0, 0, top, left, 0, 0, bottom, right]), emit.scalar(0)])
}
