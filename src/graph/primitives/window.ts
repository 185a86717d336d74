import type { Tensor } from '../tensor.js'
import { GraphError, type Shape, show, sizeOf } from '../types.js'

/** Strides and zero padding of a convolution or a pooling over [rows, columns]. */
export interface Window {
  readonly stride: readonly [number, number]
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
}

export interface Convolution extends Window {
  readonly groups: number
}

export function windowCount(size: number, kernel: number, axis: 0 | 1, { stride, padding }: Window): number {
  const own = [kernel, stride[axis], ...padding[axis]]
  if (!own.every(Number.isInteger))
    throw new GraphError(`windows have whole sizes, strides and paddings, not ${show(own)}`)
  return Math.floor((size + padding[axis][0] + padding[axis][1] - kernel) / stride[axis]) + 1
}

type Slice<T> = (x: T, axis: number, start: number, end: number, step: number) => T

/** The padded image as each position of the kernel sees it: `counts` rows and columns, on `axis` and the next one. */
export function views<T>(
  image: T,
  slice: Slice<T>,
  kernel: Shape,
  counts: Shape,
  { stride }: Window,
  axis: number,
): T[] {
  const cut = (x: T, i: 0 | 1): T[] =>
    Array.from({ length: kernel[i]! }, (_, start) =>
      slice(x, axis + i, start, start + (counts[i]! - 1) * stride[i] + 1, stride[i]),
    )
  // Columns first: cutting rows from those copies whole rows.
  const columns = cut(image, 1).map((x) => cut(x, 0))
  return columns[0]!.flatMap((_, row) => columns.map((rows) => rows[row]!))
}

export const slice: Slice<Tensor> = (x, ...range) => x.slice(...range)

/**
 * Visits what a convolution multiplies: the offsets of an input cell, of a weight, and of the output that they add to.
 */
export function eachProduct(
  x: Shape,
  w: Shape,
  output: Shape,
  { stride, padding, groups }: Convolution,
  visit: (cell: number, weight: number, out: number) => void,
): void {
  const [, out, rows, columns] = output as [number, number, number, number]
  const [, channels, height, width] = x as [number, number, number, number]
  const [, perGroup, kh, kw] = w as [number, number, number, number]
  for (let i = 0; i < sizeOf(output); i++) {
    const column = i % columns
    const row = Math.floor(i / columns) % rows
    const o = Math.floor(i / (columns * rows)) % out
    const image = Math.floor(i / (columns * rows * out))
    const first = Math.floor(o / (out / groups)) * perGroup
    for (let tap = 0; tap < perGroup * kh * kw; tap++) {
      const y = row * stride[0] + (Math.floor(tap / kw) % kh) - padding[0][0]
      const z = column * stride[1] + (tap % kw) - padding[1][0]
      if (y < 0 || y >= height || z < 0 || z >= width) continue
      const channel = image * channels + first + Math.floor(tap / (kw * kh))
      visit((channel * height + y) * width + z, o * perGroup * kh * kw + tap, i)
    }
  }
}
