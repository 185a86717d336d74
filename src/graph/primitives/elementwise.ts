import type { Primitive, Value } from '../primitive.js'
import { constant, elementwiseShape, type Tensor } from '../tensor.js'
import { type DType, GraphError, offsetsOf, type Shape, sameShape, show, sizeOf, stridesOf } from '../types.js'

/** For every element of `shape`, the offset of the element of an operand that broadcasts to it. */
export function broadcastOffsets(from: Shape, shape: Shape): Int32Array {
  const lead = shape.length - from.length
  const strides = stridesOf(from)
  return offsetsOf(
    shape,
    shape.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!)),
  )
}

function mapBroadcast(inputs: readonly Value[], shape: Shape, f: (...x: number[]) => number): Float64Array[] {
  const offsets = inputs.map((value) => broadcastOffsets(value.shape, shape))
  const result = new Float64Array(sizeOf(shape))
  for (let i = 0; i < result.length; i++) result[i] = f(...inputs.map((value, k) => value.data[offsets[k]![i]!]!))
  return [result]
}

/**
 * Sums a cotangent over the axes that broadcasting stretched. `full` is the shape of the output it belongs to: where the
 * cotangent is smaller, each of its numbers still stands for all those that it would be stretched to.
 */
export function unbroadcast(cotangent: Tensor, shape: Shape, full: Shape): Tensor {
  if (sameShape(shape, full)) return cotangent
  const whole = cotangent.broadcastTo(full)
  const lead = full.length - shape.length
  const axes = full.map((_, i) => i).filter((i) => i < lead || (shape[i - lead] === 1 && full[i] !== 1))
  return whole.sum(axes, true).reshape(shape)
}

const NUMBERS: readonly DType[] = ['float32', 'int32']

/** What tells one elementwise operation from another. */
interface Row {
  readonly f: (a: number, b: number) => number
  /** The cotangents of the operands from that of the output y, before the sums over stretched axes. */
  readonly gradient?: (g: Tensor, y: Tensor, a: Tensor, b: Tensor) => (Tensor | undefined)[]
  /** The second cotangent is turned over after its sums, when it is smaller. */
  readonly takesAway?: true
  /** Of the operands: float32 alone, where not given. */
  readonly dtypes?: readonly DType[]
  /** Of the output: that of the operands, where not given. */
  readonly result?: DType
}

function primitiveOf(op: string, { f, gradient, takesAway, dtypes = ['float32'], result }: Row): Primitive {
  return {
    infer: (inputs) => {
      const [a, b = a] = inputs as [Tensor, Tensor?]
      for (const { dtype } of inputs)
        if (!dtypes.includes(dtype)) throw new GraphError(`${op}: expected ${dtypes.join(' or ')}, got ${dtype}`)
      if (a.dtype !== b.dtype)
        throw new GraphError(`${op}: the element types ${a.dtype} and ${b.dtype} differ; cast one`)
      return [{ shape: elementwiseShape(op, a, b), dtype: result ?? a.dtype }]
    },
    evaluate: (inputs, _, [output]) => mapBroadcast(inputs, output!.shape, f as (...x: number[]) => number),
    ...(gradient && {
      gradient: ({ inputs, outputs: [y] }, [g]) => {
        const [a, b] = inputs as [Tensor, Tensor]
        return gradient(g!, y!, a, b).map((own, i) => {
          const summed = own && unbroadcast(own, inputs[i]!.shape, y!.shape)
          return takesAway && i === 1 ? summed?.neg() : summed
        })
      },
    }),
    elementwise: true,
  }
}

/** Whether a product holds `factor`: then it is zero wherever the factor is. */
function vanishesWith(product: Tensor, factor: Tensor): boolean {
  if (product === factor) return true
  return product.node.op === 'mul' && product.node.inputs.some((x) => vanishesWith(x, factor))
}

const asFloat = (condition: Tensor): Tensor => condition.cast('float32')

/** By the series whose terms are all positive, to float64 rounding. */
export function erf(x: number): number {
  const z = Math.min(Math.abs(x), 6) // from there on it is 1
  let term = z
  let sum = z
  for (let n = 1; term > 1e-18 * sum; n++) {
    term *= (2 * z * z) / (2 * n + 1)
    sum += term
  }
  return (Math.sign(x) * 2 * Math.exp(-z * z) * sum) / Math.sqrt(Math.PI)
}

const BOOL: readonly DType[] = ['bool']

const ROWS = {
  add: { f: (a, b) => a + b, gradient: (g) => [g, g], dtypes: NUMBERS },
  sub: { f: (a, b) => a - b, gradient: (g) => [g, g], takesAway: true, dtypes: NUMBERS },
  mul: { f: (a, b) => a * b, gradient: (g, _, a, b) => [g.mul(b), g.mul(a)], dtypes: NUMBERS },
  div: { f: (a, b) => a / b, gradient: (g, y, _, b) => [g.div(b), g.mul(y).div(b).neg()] },
  // Where both are equal the first one gets the whole cotangent: "first wins".
  maximum: { f: Math.max, gradient: (g, _, a, b) => split(g, a.greaterEqual(b)), dtypes: NUMBERS },
  minimum: { f: Math.min, gradient: (g, _, a, b) => split(g, b.greaterEqual(a)), dtypes: NUMBERS },
  greater: { f: (a, b) => Number(a > b), result: 'bool', dtypes: NUMBERS },
  greaterEqual: { f: (a, b) => Number(a >= b), result: 'bool', dtypes: NUMBERS },
  equal: { f: (a, b) => Number(a === b), result: 'bool', dtypes: NUMBERS },
  and: { f: (a, b) => a & b, dtypes: BOOL },
  or: { f: (a, b) => a | b, dtypes: BOOL },
  not: { f: (x) => 1 - x, dtypes: BOOL },
  neg: { f: (x) => -x, gradient: (g) => [g.neg()], dtypes: NUMBERS },
  abs: { f: Math.abs, gradient: (g, _, x) => [g.mul(asFloat(x.greater(0)).sub(asFloat(x.less(0))))] },
  square: { f: (x) => x * x, gradient: (g, _, x) => [g.mul(2).mul(x)] },
  sqrt: { f: Math.sqrt, gradient: (g, y) => [g.div(y.mul(2))] },
  exp: { f: Math.exp, gradient: (g, y) => [g.mul(y)] },
  log: { f: Math.log, gradient: (g, _, x) => [g.div(x)] },
  tanh: { f: Math.tanh, gradient: (g, y) => [g.mul(constant(1).sub(y.square()))] },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)), gradient: (g, y) => [g.mul(y.mul(constant(1).sub(y)))] },
  softplus: {
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    gradient: (g, _, x) => [g.mul(x.sigmoid())],
  },
  erf: { f: erf, gradient: (g, _, x) => [g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI))] },
  // A cotangent that holds the activity as a factor is already zero where the unit is silent: no mask is needed.
  relu: { f: (x) => Math.max(x, 0), gradient: (g, y) => [vanishesWith(g, y) ? g : g.mul(asFloat(y.greater(0)))] },
  stopGradient: { f: (x) => x, gradient: () => [undefined], dtypes: [...NUMBERS, 'bool'] },
} satisfies Record<string, Row>

const rows = Object.entries(ROWS).map(([op, row]) => [op, primitiveOf(op, row)])

export const elementwise = {
  ...(Object.fromEntries(rows) as Record<keyof typeof ROWS, Primitive>),
  cast: {
    infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
    evaluate: ([x], { dtype }) => [
      x!.data.map((v) => (dtype === 'bool' ? Number(v !== 0) : dtype === 'int32' ? Math.trunc(v) : v)),
    ],
    gradient: () => [undefined],
  },
  select: {
    infer: ([condition, a, b]) => {
      if (condition!.dtype !== 'bool')
        throw new GraphError(`select: the condition must be bool, got ${condition!.dtype}`)
      if (a!.dtype !== b!.dtype) throw new GraphError(`select: the element types ${a!.dtype} and ${b!.dtype} differ`)
      const shape = elementwiseShape('select', a!, b!)
      const whole = elementwiseShape('select', condition!, { shape })
      if (sizeOf(whole) < sizeOf(shape)) throw new GraphError(`select: ${show(shape)} does not fit the condition`)
      return [{ shape: whole, dtype: a!.dtype }]
    },
    evaluate: (inputs, _, [output]) => mapBroadcast(inputs, output!.shape, (c, a, b) => (c ? a! : b!)),
    gradient: ({ inputs: [condition, a, b], outputs: [y] }, [g]) => [
      undefined,
      unbroadcast(condition!.select(g!, 0), a!.shape, y!.shape),
      unbroadcast(condition!.select(0, g!), b!.shape, y!.shape),
    ],
  },
} satisfies Record<string, Primitive>

function split(g: Tensor, firstWins: Tensor): [Tensor, Tensor] {
  const mask = asFloat(firstWins)
  const first = g.mul(mask)
  return [first, g.sub(first)]
}
