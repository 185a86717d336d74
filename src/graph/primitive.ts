import type { Attributes, Node, Tensor } from './tensor.js'
import type { TensorType } from './types.js'

/** One row of the table of operations: what an operation means. How it is lowered to ONNX is in `onnx/lowerings.ts`. */
export interface Primitive {
  /** The shape rule. Throws a GraphError that names the operation and the shapes. */
  infer(inputs: readonly Tensor[], attributes: Attributes): TensorType[]
  /** The plain definition, in float64, slow and obvious. Booleans are 0 and 1. */
  evaluate(inputs: readonly Value[], attributes: Attributes, outputs: readonly TensorType[]): Float64Array[]
  /** Cotangents of the inputs from those of the outputs; undefined where nothing flows. Absent: not differentiable. */
  gradient?(node: Node, cotangents: readonly Tensor[]): (Tensor | undefined)[]
  /**
   * Each element depends on its place in the operands alone; the gradient takes cotangents that are not broadcast yet.
   */
  elementwise?: boolean
}

export interface Value extends TensorType {
  readonly data: Float64Array
}
