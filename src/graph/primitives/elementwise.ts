import { emitAdd } from '../../onnx/fused.js'
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

/** Sums a cotangent over the axes that broadcasting stretched. `full` is the shape of the output it belongs to. */
export function unbroadcast(cotangent: Tensor, shape: Shape, full: Shape): Tensor {
  if (sameShape(cotangent.shape, shape)) return cotangent
  if (sameShape(shape, full)) return cotangent // smaller than the operand, which is as large as the output: lazy
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
  readonly onnx: string | Primitive['lower']
  /** Of the operands: float32 alone, where not given. */
  readonly dtypes?: readonly DType[]
  /** Of the output: that of the operands, where not given. */
  readonly result?: DType
}

function primitiveOf(op: string, { f, gradient, onnx, dtypes = ['float32'], result }: Row): Primitive {
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
        return gradient(g!, y!, a, b).map((own, i) => own && unbroadcast(own, inputs[i]!.shape, y!.shape))
      },
    }),
    elementwise: true,
    lower: typeof onnx === 'function' ? onnx : (emit, { inputs }) => emit.node(onnx, inputs),
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

/** Against a number, ONNX Runtime's Clip takes a third of the time of its Max and Min. */
const limit =
  (op: 'Max' | 'Min'): Primitive['lower'] =>
  (emit, { inputs }) => {
    const [a, b] = inputs as [Tensor, Tensor]
    const [x, bound] = a.rank === 0 ? [b, a] : [a, b]
    if (bound.rank > 0 || bound.node.op !== 'constant' || x.dtype !== 'float32' || emit.device === 'webgpu')
      return emit.node(op, [a, b])
    // Without a bound of its own the other side would be the largest finite number.
    const open = emit.scalar(op === 'Max' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
    return emit.node('Clip', op === 'Max' ? [x, bound, open] : [x, open, bound])
  }

const ROWS: Record<string, Row> = {
  add: { f: (a, b) => a + b, onnx: emitAdd, gradient: (g) => [g, g], dtypes: NUMBERS },
  sub: { f: (a, b) => a - b, onnx: 'Sub', gradient: (g) => [g, g.neg()], dtypes: NUMBERS },
  mul: { f: (a, b) => a * b, onnx: 'Mul', gradient: (g, _, a, b) => [g.mul(b), g.mul(a)], dtypes: NUMBERS },
  div: {
    f: (a, b) => a / b,
    onnx: (emit, { inputs: [a, b] }) =>
      // ONNX Runtime turns x * (1 / y) back into x / y, which is slower, unless 1 / y is written so.
      a!.rank === 0 && a!.node.op === 'constant' && a!.node.attributes.data[0] === 1
        ? emit.node('Reciprocal', [b!])
        : emit.node('Div', [a!, b!]),
    gradient: (g, y, _, b) => [g.div(b), g.mul(y).div(b).neg()],
  },
  // Where both are equal the first one gets the whole cotangent: "first wins".
  maximum: { f: Math.max, onnx: limit('Max'), gradient: (g, _, a, b) => split(g, a.greaterEqual(b)), dtypes: NUMBERS },
  minimum: { f: Math.min, onnx: limit('Min'), gradient: (g, _, a, b) => split(g, b.greaterEqual(a)), dtypes: NUMBERS },
  greater: { f: (a, b) => Number(a > b), onnx: 'Greater', result: 'bool', dtypes: NUMBERS },
  greaterEqual: { f: (a, b) => Number(a >= b), onnx: 'GreaterOrEqual', result: 'bool', dtypes: NUMBERS },
  equal: { f: (a, b) => Number(a === b), onnx: 'Equal', result: 'bool', dtypes: NUMBERS },
  and: { f: (a, b) => a & b, onnx: 'And', dtypes: BOOL },
  or: {
    f: (a, b) => a | b,
    // WebGPU has And and Not alone.
    onnx: (emit, { inputs }) => {
      if (emit.device !== 'webgpu') return emit.node('Or', inputs)
      const neither = inputs.map((x) => emit.one('Not', [x]))
      return emit.node('Not', [emit.one('And', neither)])
    },
    dtypes: BOOL,
  },
  not: { f: (x) => 1 - x, onnx: 'Not', dtypes: BOOL },
  neg: {
    f: (x) => -x,
    // WebGPU negates floats alone.
    onnx: (emit, { inputs: [x] }) =>
      x!.dtype === 'int32' ? emit.node('Sub', [emit.scalar(0, 'int32'), x!]) : emit.node('Neg', [x!]),
    gradient: (g) => [g.neg()],
    dtypes: NUMBERS,
  },
  abs: { f: Math.abs, onnx: 'Abs', gradient: (g, _, x) => [g.mul(asFloat(x.greater(0)).sub(asFloat(x.less(0))))] },
  square: {
    f: (x) => x * x,
    onnx: (emit, { inputs: [x] }) => emit.node('Mul', [x!, x!]),
    gradient: (g, _, x) => [g.mul(2).mul(x)],
  },
  sqrt: { f: Math.sqrt, onnx: 'Sqrt', gradient: (g, y) => [g.div(y.mul(2))] },
  exp: { f: Math.exp, onnx: 'Exp', gradient: (g, y) => [g.mul(y)] },
  log: { f: Math.log, onnx: 'Log', gradient: (g, _, x) => [g.div(x)] },
  tanh: { f: Math.tanh, onnx: 'Tanh', gradient: (g, y) => [g.mul(constant(1).sub(y.square()))] },
  sigmoid: {
    f: (x) => 1 / (1 + Math.exp(-x)),
    onnx: 'Sigmoid',
    gradient: (g, y) => [g.mul(y.mul(constant(1).sub(y)))],
  },
  // max(x, 0) + log(1 + exp(-|x|)): ONNX's own Softplus is twenty times slower than an addition, and not on WebGPU.
  softplus: {
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    onnx: (emit, { inputs: [x] }) => {
      const exponential = emit.one('Exp', [emit.one('Neg', [emit.one('Abs', [x!])])])
      const tail = emit.one('Log', [emit.one('Add', [exponential, emit.scalar(1)])])
      return emit.node('Add', [emit.one('Relu', [x!]), tail])
    },
    gradient: (g, _, x) => [g.mul(x.sigmoid())],
  },
  erf: { f: erf, onnx: 'Erf', gradient: (g, _, x) => [g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI))] },
  // A cotangent that holds the activity as a factor is already zero where the unit is silent: no mask is needed.
  relu: {
    f: (x) => Math.max(x, 0),
    onnx: 'Relu',
    gradient: (g, y) => [vanishesWith(g, y) ? g : g.mul(asFloat(y.greater(0)))],
  },
  stopGradient: {
    f: (x) => x,
    onnx: (emit, { inputs: [x] }) => [emit.name(x!)],
    gradient: () => [undefined],
    dtypes: [...NUMBERS, 'bool'],
  },
}

export const elementwise: Record<string, Primitive> = {
  ...Object.fromEntries(Object.entries(ROWS).map(([op, row]) => [op, primitiveOf(op, row)])),
  cast: {
    infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
    evaluate: ([x], { dtype }) => [
      x!.data.map((v) => (dtype === 'bool' ? Number(v !== 0) : dtype === 'int32' ? Math.trunc(v) : v)),
    ],
    gradient: () => [undefined],
    lower: (emit, { inputs: [x], attributes }) => emit.cast(x!, attributes.dtype),
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
    lower: (emit, { inputs, outputs: [y] }) => {
      if (y!.dtype !== 'bool') return emit.node('Where', inputs)
      // The CPU provider has no Where for bool, WebGPU no Or: neither (condition, not a) nor (not condition, not b).
      const [condition] = inputs
      const [notCondition, notA, notB] = inputs.map((x) => emit.one('Not', [x])) as [string, string, string]
      const misses = [emit.one('And', [condition!, notA]), emit.one('And', [notCondition, notB])]
      return emit.node(
        'And',
        misses.map((miss) => emit.one('Not', [miss])),
      )
    },
  },
}

function split(g: Tensor, firstWins: Tensor): [Tensor, Tensor] {
  const mask = asFloat(firstWins)
  const first = g.mul(mask)
  return [first, g.sub(first)]
}
