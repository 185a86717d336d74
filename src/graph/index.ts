import '../floor.js'

export * from './functions.js'
export { grad, gradientOf, pullback, reachable } from './gradient.js'
export { interpret, type Value, value } from './interpreter.js'
export { type LoopAttributes, scan, whileLoop } from './loop.js'
export type { Primitive } from './primitive.js'
export { quantizedProduct } from './primitives/quantized.js'
export { dilate, range, reversed } from './primitives/shape.js'
export { type Op, primitives } from './primitives/table.js'
export {
  asDerivative,
  concat,
  constant,
  enclosingLoops,
  type InputAttributes,
  type InputKind,
  input,
  type Node,
  type Operand,
  Tensor,
} from './tensor.js'
export { byteLength, type DType, GraphError, type Shape, sizeOf, type TensorType } from './types.js'
