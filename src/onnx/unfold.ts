import { type Convolution, onnxWindow } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import { type Shape, sizeOf } from '../graph/types.js'
import type { Emitter } from './emitter.js'

/** Images [N, C, H, W] (or their bytes, by name) with their axes in another order, and with `zero` (0 by default) around. */
export function padded(
  emit: Emitter,
  images: Tensor | string,
  { padding }: Convolution,
  order: readonly number[],
  zero?: string,
): string {
  const image = emit.one('Transpose', [images], { perm: order })
  const widths = [0, 1].flatMap((side) => order.map((axis) => padding[axis - 2]?.[side as 0 | 1] ?? 0))
  return widths.every((width) => width === 0)
    ? image
    : emit.one('Pad', [image, emit.int64s(widths), zero ?? emit.scalar(0)])
}

/** What each of `counts` outputs reads under some rows of a kernel, side by side: [N, H'*W'*rows*KW, C]. */
export function unfold(
  emit: Emitter,
  pixels: string,
  [, channels, height, width]: Shape,
  [first, end, kw]: readonly [number, number, number],
  [rows, columns]: Shape,
  { stride, padding }: Convolution,
): string {
  const wide = width! + padding[1][0] + padding[1][1]
  const line = (from: number, to: number, step: number): number[] =>
    Array.from({ length: to - from }, (_, i) => (from + i) * step)
  const grid = (down: number[], across: number[]): number[] => down.flatMap((row) => across.map((cell) => row + cell))
  const taps = grid(line(first, end, wide), line(0, kw, 1))
  const outputs = grid(line(0, rows!, stride[0] * wide), line(0, columns!, stride[1]))
  const places = outputs.flatMap((cell) => taps.map((tap) => cell + tap))
  const cells = (height! + padding[0][0] + padding[0][1]) * wide
  if (places.length === cells && places.every((place, i) => place === i)) return pixels
  const index = emit.initializer({ data: places, shape: [places.length], dtype: 'int32' })
  return emit.one('Gather', [emit.reshape(pixels, [0, -1, channels!]), index], { axis: 1 })
}

/** What each output reads under a kernel [O, C, KH, KW], an image for each tap: [N, C*KH*KW, H', W'], by weights of 1. */
export function unfoldByTap(emit: Emitter, images: Tensor, [, ...kernel]: Shape, window: Convolution): string {
  const taps = sizeOf(kernel)
  const data = Float32Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0))
  const ones = emit.initializer({ data, shape: [taps, ...kernel], dtype: 'float32' })
  return emit.one('Conv', [images, ones], onnxWindow(window))
}
