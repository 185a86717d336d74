import type { Convolution, Window } from '../graph/primitives/window.js'
import type { Tensor } from '../graph/tensor.js'
import type { Shape } from '../graph/types.js'
import type { Emitter } from './emitter.js'

/** ONNX orders the pads [top, left, bottom, right]. */
export const onnxWindow = ({ stride, padding: [rows, columns] }: Window): { strides: number[]; pads: number[] } => ({
  strides: [...stride],
  pads: [rows[0], columns[0], rows[1], columns[1]],
})

/** Images [N, C, H, W] (or their bytes, by name), their axes in another order, with `zero` (0 by default) around. */
export function padded(
  emit: Emitter,
  images: Tensor | string,
  { padding }: Convolution,
  order: readonly number[],
  zero?: string,
): string {
  const inOrder = order.every((axis, i) => axis === i)
  const image = inOrder ? images : emit.one('Transpose', [images], { perm: order })
  const widths = [0, 1].flatMap((side) => order.map((axis) => padding[axis - 2]?.[side as 0 | 1] ?? 0))
  if (widths.every((width) => width === 0)) return typeof image === 'string' ? image : emit.name(image)
  return emit.one('Pad', [image, emit.int64s(widths), zero ?? emit.scalar(0)])
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
  const high = height! + padding[0][0] + padding[0][1]
  const taps = (end - first) * kw
  if (taps === 1 && stride[0] * stride[1] === 1 && rows === high && columns === wide) return pixels
  const key = `places ${[wide, taps, kw, rows, columns, stride]}`
  const places = emit.constant(key, () => {
    const data = new Int32Array(rows! * columns! * taps)
    for (let i = 0; i < data.length; i++) {
      const [cell, tap] = [Math.floor(i / taps), i % taps]
      const [row, column] = [Math.floor(cell / columns!) * stride[0], (cell % columns!) * stride[1]]
      data[i] = (row + Math.floor(tap / kw)) * wide + column + (tap % kw)
    }
    return { data, shape: [data.length], dtype: 'int32' }
  })
  // All rows of a kernel read by one constant, each from where it begins.
  const index = first === 0 ? places : emit.one('Add', [places, emit.scalar(first * wide, 'int32')])
  return emit.one('Gather', [emit.reshape(pixels, [0, -1, channels!]), index], { axis: 1 })
}

/** The smallest divisor that will do; the number itself where none does. */
export function divisorWhere(n: number, willDo: (divisor: number) => boolean): number {
  for (let divisor = 1; divisor < n; divisor++) if (n % divisor === 0 && willDo(divisor)) return divisor
  return n
}
