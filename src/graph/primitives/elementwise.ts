import type { Primitive, Value } from '../primitive.js'
import { constant, elementwiseShape, type Tensor } from '../tensor.js'
import { type DType, GraphError, type Shape, sameShape, show, sizeOf, stridesOf } from '../types.js'

/** For every element of `shape`, the offset of the element of an operand that broadcasts to it. */
export function broadcastOffsets(from: Shape, shape: Shape): Int32Array {
  const offsets = new Int32Array(sizeOf(shape))
  const lead = shape.length - from.length
  const strides = stridesOf(from)
  for (let i = 0; i < offsets.length; i++) {
    let rest = i
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const position = rest % shape[axis]!
      rest = (rest - position) / shape[axis]!
      if (axis >= lead && from[axis - lead] !== 1) offsets[i]! += position * strides[axis - lead]!
    }
  }
  return offsets
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

const needs = (op: string, inputs: readonly Tensor[], dtypes: readonly DType[]): void => {
  for (const { dtype } of inputs)
    if (!dtypes.includes(dtype)) throw new GraphError(`${op}: expected ${dtypes.join(' or ')}, got ${dtype}`)
  if (inputs.length > 1 && inputs[0]!.dtype !== inputs[1]!.dtype)
    throw new GraphError(`${op}: the element types ${inputs[0]!.dtype} and ${inputs[1]!.dtype} differ; cast one`)
}

const NUMBERS: readonly DType[] = ['float32', 'int32']

type UnaryGradient = (g: Tensor, x: Tensor, y: Tensor) => Tensor | undefined

function unary(
  op: string,
  f: (x: number) => number,
  gradient: UnaryGradient | undefined,
  lower: string | Primitive['lower'],
  dtypes: readonly DType[] = ['float32'],
): Primitive {
  return {
    infer: ([x]) => {
      needs(op, [x!], dtypes)
      return [x!]
    },
    evaluate: ([x]) => [x!.data.map(f)],
    ...(gradient && { gradient: (node, [g]) => [gradient(g!, node.inputs[0]!, node.outputs[0]!)] }),
    lazyCotangent: true,
    lower: typeof lower === 'function' ? lower : (emit, { inputs }) => emit.node(lower, [emit.name(inputs[0]!)]),
  }
}

type BinaryGradient = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => [Tensor, Tensor]

function binary(
  op: string,
  f: (a: number, b: number) => number,
  gradient: BinaryGradient | undefined,
  onnx: string,
  { dtypes = NUMBERS, result }: { dtypes?: readonly DType[]; result?: DType } = {},
): Primitive {
  return {
    infer: ([a, b]) => {
      needs(op, [a!, b!], dtypes)
      return [{ shape: elementwiseShape(op, a!, b!), dtype: result ?? a!.dtype }]
    },
    evaluate: (inputs, _, [output]) => mapBroadcast(inputs, output!.shape, f),
    ...(gradient && {
      gradient: (node, [g]) => {
        const [a, b] = node.inputs as [Tensor, Tensor]
        const [output] = node.outputs as [Tensor]
        const [ga, gb] = gradient(g!, a, b, output)
        return [unbroadcast(ga, a.shape, output.shape), unbroadcast(gb, b.shape, output.shape)]
      },
    }),
    lazyCotangent: true,
    lower: (emit, { inputs }) =>
      emit.node(
        onnx,
        inputs.map((x) => emit.name(x)),
      ),
  }
}

/** Whether a product holds `factor`: then it is zero wherever the factor is. */
function vanishesWith(product: Tensor, factor: Tensor): boolean {
  if (product === factor) return true
  return product.node.op === 'mul' && product.node.inputs.some((x) => vanishesWith(x, factor))
}

const asFloat = (condition: Tensor): Tensor => condition.cast('float32')

/** erf by its series and, in the tails, its continued fraction; to float64 rounding. */
export function erf(x: number): number {
  const z = Math.abs(x)
  if (z < 3) {
    let term = z
    let sum = z
    for (let n = 1; Math.abs(term) > 1e-18 * sum && n < 200; n++) {
      term *= (-z * z) / n
      sum += term / (2 * n + 1)
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI)
  }
  let fraction = 0
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (z + fraction)
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction)))
}

export const elementwise: Record<string, Primitive> = {
  add: binary(
    'add',
    (a, b) => a + b,
    (g) => [g, g],
    'Add',
  ),
  sub: binary(
    'sub',
    (a, b) => a - b,
    (g) => [g, g.neg()],
    'Sub',
  ),
  mul: binary(
    'mul',
    (a, b) => a * b,
    (g, a, b) => [g.mul(b), g.mul(a)],
    'Mul',
  ),
  div: binary(
    'div',
    (a, b) => a / b,
    (g, _, b, y) => [g.div(b), g.mul(y).div(b).neg()],
    'Div',
    {
      dtypes: ['float32'],
    },
  ),
  // Where both are equal the first one gets the whole cotangent: "first wins", which is also max-pooling's rule.
  maximum: binary('maximum', Math.max, (g, a, b) => split(g, a.greaterEqual(b)), 'Max'),
  minimum: binary('minimum', Math.min, (g, a, b) => split(g, b.greaterEqual(a)), 'Min'),
  greater: binary('greater', (a, b) => Number(a > b), undefined, 'Greater', { result: 'bool' }),
  greaterEqual: binary('greaterEqual', (a, b) => Number(a >= b), undefined, 'GreaterOrEqual', { result: 'bool' }),
  equal: binary('equal', (a, b) => Number(a === b), undefined, 'Equal', { result: 'bool' }),
  and: binary('and', (a, b) => a & b, undefined, 'And', { dtypes: ['bool'] }),
  or: binary('or', (a, b) => a | b, undefined, 'Or', { dtypes: ['bool'] }),
  not: unary('not', (x) => 1 - x, undefined, 'Not', ['bool']),
  neg: unary(
    'neg',
    (x) => -x,
    (g) => g.neg(),
    'Neg',
    NUMBERS,
  ),
  abs: unary('abs', Math.abs, (g, x) => g.mul(asFloat(x.greater(0)).sub(asFloat(constant(0).greater(x)))), 'Abs'),
  square: unary(
    'square',
    (x) => x * x,
    (g, x) => g.mul(2).mul(x),
    (emit, { inputs: [x] }) => emit.node('Mul', [emit.name(x!), emit.name(x!)]),
  ),
  sqrt: unary('sqrt', Math.sqrt, (g, _, y) => g.div(y.mul(2)), 'Sqrt'),
  exp: unary('exp', Math.exp, (g, _, y) => g.mul(y), 'Exp'),
  log: unary('log', Math.log, (g, x) => g.div(x), 'Log'),
  tanh: unary('tanh', Math.tanh, (g, _, y) => g.mul(constant(1).sub(y.square())), 'Tanh'),
  sigmoid: unary(
    'sigmoid',
    (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    (g, _, y) => g.mul(y.mul(constant(1).sub(y))),
    'Sigmoid',
  ),
  // max(x, 0) + log(1 + exp(-|x|)): ONNX's own Softplus is twenty times slower than an addition, and not on WebGPU.
  softplus: unary(
    'softplus',
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    (g, x) => g.mul(x.sigmoid()),
    (emit, { inputs: [x] }) => {
      const exponential = emit.one('Exp', [emit.one('Neg', [emit.one('Abs', [emit.name(x!)])])])
      const tail = emit.one('Log', [emit.one('Add', [exponential, emit.scalar(1)])])
      return emit.node('Add', [emit.one('Relu', [emit.name(x!)]), tail])
    },
  ),
  erf: unary(
    'erf',
    erf,
    (g, x) =>
      g.mul(
        x
          .square()
          .neg()
          .exp()
          .mul(2 / Math.sqrt(Math.PI)),
      ),
    'Erf',
  ),
  // A cotangent that holds the activity as a factor is already zero where the unit is silent: no mask is needed.
  relu: unary(
    'relu',
    (x) => Math.max(x, 0),
    (g, _, y) => (vanishesWith(g, y) ? g : g.mul(asFloat(y.greater(0)))),
    'Relu',
  ),
  stopGradient: unary(
    'stopGradient',
    (x) => x,
    () => undefined,
    (emit, { inputs }) => [emit.name(inputs[0]!)],
    ['float32', 'int32', 'bool'],
  ),
  cast: {
    infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
    evaluate: ([x], { dtype }) => [
      x!.data.map((v) => (dtype === 'bool' ? Number(v !== 0) : dtype === 'int32' ? Math.trunc(v) : v)),
    ],
    gradient: () => [undefined],
    lower: (emit, { inputs, attributes }) => emit.cast(emit.name(inputs[0]!), attributes.dtype),
  },
  select: {
    infer: ([condition, a, b]) => {
      needs('select (the condition)', [condition!], ['bool'])
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
    lower: (emit, { inputs }) =>
      emit.node(
        'Where',
        inputs.map((x) => emit.name(x)),
      ),
  },
}

function split(g: Tensor, firstWins: Tensor): [Tensor, Tensor] {
  const mask = asFloat(firstWins)
  const first = g.mul(mask)
  return [first, g.sub(first)]
}
