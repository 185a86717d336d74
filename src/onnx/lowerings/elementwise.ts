import type { elementwise } from '../../graph/primitives/elementwise.js'
import type { Tensor } from '../../graph/tensor.js'
import type { Lowering } from '../emitter.js'

/** One ONNX node of the same operands. */
const as =
  (op: string): Lowering =>
  (emit, { inputs }) =>
    emit.node(op, inputs)

/** Against a number, ONNX Runtime's Clip takes a third of the time of its Max and Min. */
const limit =
  (op: 'Max' | 'Min'): Lowering =>
  (emit, { inputs }) => {
    const [a, b] = inputs as [Tensor, Tensor]
    const [x, bound] = a.rank === 0 ? [b, a] : [a, b]
    if (bound.rank > 0 || bound.node.op !== 'constant' || x.dtype !== 'float32' || emit.device === 'webgpu')
      return emit.node(op, [a, b])
    // Without a bound of its own the other side would be the largest finite number.
    const open = emit.scalar(op === 'Max' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
    return emit.node('Clip', op === 'Max' ? [x, bound, open] : [x, open, bound])
  }

export const elementwiseLowerings = {
  // ONNX Runtime fuses the offset of a Gemm for a Sum of two operands only, not for an Add.
  add: (emit, { inputs }) => {
    const [a, b] = inputs as [Tensor, Tensor]
    const { op, attributes } = a.node
    const isGemm = op === 'matmul' && a.rank === 2 && attributes.transposeB && !attributes.transposeA
    return emit.node(emit.tuned && isGemm && b.size < a.size ? 'Sum' : 'Add', inputs)
  },
  sub: as('Sub'),
  mul: as('Mul'),
  div: (emit, { inputs: [a, b] }) =>
    // ONNX Runtime turns x * (1 / y) back into x / y, which is slower, unless 1 / y is written so.
    a!.rank === 0 && a!.node.op === 'constant' && a!.node.attributes.data[0] === 1
      ? emit.node('Reciprocal', [b!])
      : emit.node('Div', [a!, b!]),
  maximum: limit('Max'),
  minimum: limit('Min'),
  greater: as('Greater'),
  greaterEqual: as('GreaterOrEqual'),
  equal: as('Equal'),
  and: as('And'),
  // WebGPU has And and Not alone.
  or: (emit, { inputs }) => {
    if (emit.device !== 'webgpu') return emit.node('Or', inputs)
    const neither = inputs.map((x) => emit.one('Not', [x]))
    return emit.node('Not', [emit.one('And', neither)])
  },
  not: as('Not'),
  // WebGPU negates floats alone.
  neg: (emit, { inputs: [x] }) =>
    x!.dtype === 'int32' ? emit.node('Sub', [emit.scalar(0, 'int32'), x!]) : emit.node('Neg', [x!]),
  abs: as('Abs'),
  square: (emit, { inputs: [x] }) => emit.node('Mul', [x!, x!]),
  sqrt: as('Sqrt'),
  exp: as('Exp'),
  log: as('Log'),
  tanh: as('Tanh'),
  sigmoid: as('Sigmoid'),
  // max(x, 0) + log(1 + exp(-|x|)): ONNX's own Softplus is twenty times slower than an addition, and not on WebGPU.
  softplus: (emit, { inputs: [x] }) => {
    const exponential = emit.one('Exp', [emit.one('Neg', [emit.one('Abs', [x!])])])
    const tail = emit.one('Log', [emit.one('Add', [exponential, emit.scalar(1)])])
    return emit.node('Add', [emit.one('Relu', [x!]), tail])
  },
  erf: as('Erf'),
  relu: as('Relu'),
  stopGradient: (emit, { inputs: [x] }) => [emit.name(x!)],
  cast: (emit, { inputs: [x], attributes }) => emit.cast(x!, attributes.dtype),
  select: (emit, { inputs, outputs: [y] }) => {
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
} satisfies Record<keyof typeof elementwise, Lowering>
