import { range } from './primitives/shape.js'
import type { Window } from './primitives/window.js'
import { apply, concat, constant, type Tensor } from './tensor.js'
import { GraphError, LOWEST, show } from './types.js'

/** ln sum exp over the last axis, kept as an axis of size 1; the largest element is taken out first. */
export function logSumExp(x: Tensor): Tensor {
  const largest = x.max(-1, true).stopGradient()
  return x.sub(largest).exp().sum(-1, true).log().add(largest)
}

/** Over the last axis. */
export const logSoftmax = (x: Tensor): Tensor => x.sub(logSumExp(x))

/** Over the last axis. */
export function softmax(x: Tensor): Tensor {
  const powers = x.sub(x.max(-1, true).stopGradient()).exp()
  return powers.div(powers.sum(-1, true))
}

/** x Phi(x), Phi the normal distribution function (Hendrycks and Gimpel 2016), in its exact form. */
export const gelu = (x: Tensor): Tensor => x.mul(x.mul(Math.SQRT1_2).erf().add(1).mul(0.5))

/** int32 indices [...] to float32 [..., classes]. */
export const oneHot = (indices: Tensor, classes: number): Tensor =>
  indices
    .reshape([...indices.shape, 1])
    .equal(range(classes))
    .cast('float32')

/** The index (int32) of the largest element of the last axis; the first one of equals. */
export function argmax(x: Tensor): Tensor {
  const size = x.shape.at(-1)!
  const fromEnd = constant(Float64Array.from({ length: size }, (_, i) => size - i))
  const hits = x.greaterEqual(x.max(-1, true)).select(fromEnd, 0)
  return constant(size).sub(hits.max(-1)).cast('int32')
}

/**
 * The k largest of the last axis, in falling order, of equals the first one: values [..., k] and int32 indices [...,
 * k]. k rounds of argmax, which every device has; for a small k.
 */
export function topK(x: Tensor, k: number): { values: Tensor; indices: Tensor } {
  const size = x.shape.at(-1)!
  if (!(k >= 1 && k <= size)) throw new GraphError(`topK: ${k} of an axis of ${show(x.shape)}`)
  let rest = x
  const rounds = Array.from({ length: k }, () => {
    const index = argmax(rest).reshape([...x.shape.slice(0, -1), 1])
    const chosen = index.equal(range(size))
    rest = chosen.select(LOWEST, rest)
    return { value: chosen.select(x, 0).sum(-1, true), index }
  })
  const join = (parts: Tensor[]): Tensor => concat(parts, x.rank - 1)
  return { values: join(rounds.map(({ value }) => value)), indices: join(rounds.map(({ index }) => index)) }
}

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: number
  /** Zeros: a width, 'same' (output as large as the input at stride 1), or [before, after] of each axis. Default 0. */
  readonly padding?: number | 'same' | Window['padding']
  /** Default 1. */
  readonly groups?: number
}

function pairs(padding: ConvolutionOptions['padding'], kernel: readonly number[]): Window['padding'] {
  if (typeof padding === 'object') return padding
  const width = (size: number): readonly [number, number] =>
    padding === 'same' ? [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)] : [padding ?? 0, padding ?? 0]
  return [width(kernel[0]!), width(kernel[1]!)]
}

const convolution = (w: Tensor, { stride = 1, padding, groups = 1 }: ConvolutionOptions) => ({
  stride: [stride, stride],
  padding: pairs(padding, w.shape.slice(2)),
  groups,
})

/** Images [N, C, H, W] with weights [O, C / groups, KH, KW] give [N, O, H', W']. */
export const conv2d = (x: Tensor, w: Tensor, options: ConvolutionOptions = {}): Tensor =>
  apply('conv2d', [x, w], convolution(w, options))[0]!

/** The same in 8 bits, without groups; the images are the left operand. For `levels` see `quantizedProduct`. */
export const quantizedConv2d = (x: Tensor, w: Tensor, options: ConvolutionOptions = {}, levels = 63): Tensor =>
  apply('quantizedConv2d', [x, w], { ...convolution(w, options), levels })[0]!

/**
 * Largest cell of each size x size window of [N, C, H, W]; of equal cells one gets the whole gradient: the first
 * one, counted row by row, or where windows lie side by side column by column.
 */
export const maxPool2d = (x: Tensor, size: number, stride = size, padding = 0): Tensor =>
  pool('maxPool2d', x, size, stride, padding)

/** Mean of each window of [N, C, H, W], size x size or [rows, columns]; padded cells count as zeros. */
export const averagePool2d = (x: Tensor, size: Extent, stride = size, padding = 0): Tensor =>
  pool('averagePool2d', x, size, stride, padding)

type Extent = number | readonly [number, number]
const both = (size: Extent): readonly [number, number] => (typeof size === 'number' ? [size, size] : size)
const pool = (op: 'maxPool2d' | 'averagePool2d', x: Tensor, size: Extent, stride: Extent, padding: number): Tensor =>
  apply(op, [x], { kernel: both(size), stride: both(stride), padding: pairs(padding, both(size)) })[0]!
