import { type Op, primitive } from './primitives/table.js'
import { broadcastShapes, type DType, GraphError, normalizeAxes, type Shape, sameShape, show, sizeOf } from './types.js'

// biome-ignore lint/suspicious/noExplicitAny: the attributes of a node belong to its table entry alone
export type Attributes = any

/** A loop's body: tensors that depend on its parameters live here and nowhere else. */
export interface Scope {
  readonly depth: number
  readonly parent: Scope | undefined
  /** How many there may be, and the number of the one that is being traced, from 0 (int32 scalar). */
  iterations?: { readonly count: number; readonly index: Tensor }
}

export interface Node {
  /** Ids grow in the order of tracing, so every node comes after its inputs. */
  readonly id: number
  readonly op: Op
  readonly inputs: readonly Tensor[]
  readonly attributes: Attributes
  readonly outputs: readonly Tensor[]
  /** The deepest loop body among the inputs; undefined outside of all loops. */
  readonly scope: Scope | undefined
  /** Set on nodes that `grad` made: the forward node whose derivative this is, and the call. For the certificate. */
  readonly adjoint: Adjoint | undefined
}

export interface Adjoint {
  readonly of: Node
  readonly call: number
}

// Tracing is synchronous: an `await` inside of a rule's step would mix up these marks.
let nextId = 0
let currentAdjoint: Adjoint | undefined
let currentCall: number | undefined
let nextCall = 0

/** One call of `grad`; what it differentiates on the way (the bodies of loops) belongs to the same call. */
export function asDerivative<T>(build: () => T): T {
  const before = currentCall
  currentCall ??= nextCall++
  try {
    return build()
  } finally {
    currentCall = before
  }
}

/** Runs `build`; every node it makes is marked as part of the derivative of `forward` (undefined: of none). */
export function asAdjointOf<T>(forward: Node | undefined, build: () => T): T {
  const before = currentAdjoint
  currentAdjoint = forward && { of: forward, call: currentCall! }
  try {
    return build()
  } finally {
    currentAdjoint = before
  }
}

let currentScope: Scope | undefined

/** Traces the body of a loop in a scope of its own; the loop's node itself, made last, lies outside of it. */
export function inScope<T>(build: (scope: Scope) => T): T {
  const before = currentScope
  currentScope = { depth: (before?.depth ?? 0) + 1, parent: before }
  try {
    return build(currentScope)
  } finally {
    currentScope = before
  }
}

/** The loops in whose bodies the program is being traced now, from the outermost. */
export function enclosingLoops(): NonNullable<Scope['iterations']>[] {
  const all: NonNullable<Scope['iterations']>[] = []
  for (let scope = currentScope; scope; scope = scope.parent) if (scope.iterations) all.unshift(scope.iterations)
  return all
}

function deepestScope(op: string, inputs: readonly Tensor[]): Scope | undefined {
  let deepest: Scope | undefined
  for (const { node } of inputs) if ((node.scope?.depth ?? 0) > (deepest?.depth ?? 0)) deepest = node.scope
  for (const { node } of inputs) {
    let scope = deepest
    while (scope && scope.depth > (node.scope?.depth ?? 0)) scope = scope.parent
    if (scope !== node.scope) throw new GraphError(`${op}: a tensor of one loop's body was used inside another loop`)
  }
  for (let scope = currentScope; scope !== deepest; scope = scope.parent)
    if (!scope) throw new GraphError(`${op}: a tensor of a loop's body was used outside of it; let the body return it`)
  return deepest
}

/** Adds a node. The operation's table entry checks the inputs and gives the types of the outputs. */
export function apply(op: Op, inputs: readonly Tensor[], attributes: Attributes = {}, scope?: Scope): Tensor[] {
  const types = primitive(op).infer(inputs, attributes)
  for (const { shape } of types)
    if (!shape.every((size) => Number.isInteger(size)))
      throw new GraphError(`${op}: the sizes of a tensor are whole numbers, not ${show(shape)}`)
  const outputs: Tensor[] = []
  const node: Node = {
    id: nextId++,
    op,
    inputs,
    attributes,
    outputs,
    scope: scope ?? deepestScope(op, inputs),
    adjoint: currentAdjoint,
  }
  for (const [index, type] of types.entries()) outputs.push(new Tensor(node, index, type.shape, type.dtype))
  return outputs
}

export type Operand = Tensor | number

/** A constant from numbers; booleans are 0 and 1. A number alone has the shape []. */
export function constant(values: number | ArrayLike<number>, shape?: Shape, dtype: DType = 'float32'): Tensor {
  const data = typeof values === 'number' ? [values] : values
  const ownShape = shape ?? (typeof values === 'number' ? [] : [data.length])
  if (sizeOf(ownShape) !== data.length)
    throw new GraphError(`constant: ${data.length} values do not fill the shape ${show(ownShape)}`)
  const other = dtype === 'int32' ? Array.prototype.find.call(data, (x: number) => (x | 0) !== x) : undefined
  if (other !== undefined) throw new GraphError(`int32 holds whole numbers below 2^31, not ${other}: cast to float32`)
  return apply('constant', [], { data, shape: ownShape, dtype })[0]!
}

const operand = (value: Operand, like: Tensor): Tensor =>
  typeof value === 'number' ? constant(value, [], like.dtype) : value

/** Elementwise methods of a tensor, each named as its table entry. softplus is ln(1 + e^x) without overflow. */
const ELEMENTWISE = {
  unary: [
    ...(['neg', 'abs', 'square', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'softplus', 'erf', 'relu'] as const),
    ...(['not', 'stopGradient'] as const),
  ],
  binary: [
    ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const),
    ...(['greater', 'greaterEqual', 'equal', 'and', 'or'] as const),
  ],
}
type Unary = { [op in (typeof ELEMENTWISE.unary)[number]]: () => Tensor }
type Binary = { [op in (typeof ELEMENTWISE.binary)[number]]: (other: Operand) => Tensor }
export interface Tensor extends Unary, Binary {}

/**
 * A symbol: a shape and an element type, no data. Every method adds a node to the graph and returns its output.
 * Elementwise methods broadcast; a plain number stands for a scalar of the same element type.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the elementwise methods are made from the lists above
export class Tensor {
  readonly node: Node
  readonly index: number
  readonly shape: Shape
  readonly dtype: DType

  constructor(node: Node, index: number, shape: Shape, dtype: DType) {
    this.node = node
    this.index = index
    this.shape = shape
    this.dtype = dtype
  }

  get rank(): number {
    return this.shape.length
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  less(other: Operand): Tensor {
    return operand(other, this).greater(this)
  }

  cast(dtype: DType): Tensor {
    return dtype === this.dtype ? this : apply('cast', [this], { dtype })[0]!
  }

  /** Sum over `axes` (all of them when left out). */
  sum(axes?: number | readonly number[], keepDims = false): Tensor {
    return apply('sum', [this], { axes: normalizeAxes(axes, this.rank), keepDims })[0]!
  }

  mean(axes?: number | readonly number[], keepDims = false): Tensor {
    const count = normalizeAxes(axes, this.rank).reduce((product, axis) => product * this.shape[axis]!, 1)
    return this.sum(axes, keepDims).mul(1 / count)
  }

  max(axes?: number | readonly number[], keepDims = false): Tensor {
    return apply('max', [this], { axes: normalizeAxes(axes, this.rank), keepDims })[0]!
  }

  min(axes?: number | readonly number[], keepDims = false): Tensor {
    return this.neg().max(axes, keepDims).neg()
  }

  /** One size may be -1: it takes what is left. */
  reshape(shape: Shape): Tensor {
    const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1)
    const full = shape.map((size) => (size === -1 ? this.size / known : size))
    return sameShape(full, this.shape) ? this : apply('reshape', [this], { shape: full })[0]!
  }

  /** Axes in a new order; without an order, reversed. */
  transpose(order: readonly number[] = this.shape.map((_, i) => this.rank - 1 - i)): Tensor {
    return apply('transpose', [this], { order })[0]!
  }

  broadcastTo(shape: Shape): Tensor {
    return sameShape(shape, this.shape) ? this : apply('broadcastTo', [this], { shape })[0]!
  }

  /** Elements start, start + step, ... before `end` of one axis. */
  slice(axis: number, start: number, end: number, step = 1): Tensor {
    const [own] = normalizeAxes(axis, this.rank)
    if (start === 0 && end === this.shape[own!] && step === 1) return this
    return apply('slice', [this], { axis: own, start, end, step })[0]!
  }

  /** `value` before and after each axis, given as one [before, after] pair an axis. */
  pad(widths: readonly (readonly [number, number])[], value = 0): Tensor {
    const none = widths.every(([before, after]) => before === 0 && after === 0)
    return none ? this : apply('pad', [this], { widths, value })[0]!
  }

  /**
   * Matrix product over the last two axes, [..., m, k] with [..., k, n]; the leading axes are equal, or absent on the
   * right. A transposed operand is given as it lies: [..., k, m] or [..., n, k].
   */
  matmul(other: Tensor, options: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
    const { transposeA = false, transposeB = false } = options
    if (this.rank <= 2 || other.rank !== 2) return apply('matmul', [this, other], { transposeA, transposeB })[0]!
    const axes = this.shape.map((_, i) => i)
    const left = transposeA ? this.transpose([...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]) : this
    const product = left.reshape([-1, left.shape.at(-1)!]).matmul(other, { transposeB })
    return product.reshape([...left.shape.slice(0, -1), product.shape[1]!])
  }

  /** Rows of the first axis chosen by int32 indices: [n, ...] at [i...] gives [i..., ...]. */
  gather(indices: Tensor): Tensor {
    return apply('gather', [this, indices])[0]!
  }

  /** Elementwise choice: where this (bool) holds `a`, elsewhere `b`. */
  select(a: Operand, b: Operand): Tensor {
    const like = a instanceof Tensor ? a : b instanceof Tensor ? b : constant(0)
    return apply('select', [this, operand(a, like), operand(b, like)])[0]!
  }
}

for (const op of [...ELEMENTWISE.unary, ...ELEMENTWISE.binary])
  Object.defineProperty(Tensor.prototype, op, {
    value(this: Tensor, ...others: Operand[]) {
      return apply(op, [this, ...others.map((other) => operand(other, this))])[0]!
    },
  })

export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 1) return tensors[0]!
  return apply('concat', tensors, { axis: normalizeAxes(axis, tensors[0]!.rank)[0] })[0]!
}

/** What enters a program from outside, and as what; the certificate tells them apart by this. */
export type InputKind = 'state' | 'data' | 'labels' | 'noise' | 'schedule' | 'loop'

export interface InputAttributes {
  readonly name: string
  readonly kind: InputKind
  readonly shape: Shape
  readonly dtype: DType
  /** For noise: what the host draws it from. */
  readonly distribution?: 'uniform' | 'normal'
  /** For noise: `sample` where each row belongs to a sample of the batch and comes again with it. */
  readonly per?: 'sample'
}

export const input = (attributes: InputAttributes, scope?: Scope): Tensor => apply('input', [], attributes, scope)[0]!

/** The common shape of elementwise operands; throws a GraphError that names the operation and both shapes. */
export function elementwiseShape(op: string, a: { shape: Shape }, b: { shape: Shape }): number[] {
  const shape = broadcastShapes(a.shape, b.shape)
  if (!shape) throw new GraphError(`${op}: the shapes ${show(a.shape)} and ${show(b.shape)} do not broadcast`)
  return shape
}
