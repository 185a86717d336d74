import type { Node, Tensor } from '../graph/tensor.js'

/**
 * Operations of the table of primitives by WebAssembly's instruction on four float32. Both round as IEEE 754 says, and
 * flush denormals where the thread does.
 */
export const INSTRUCTIONS: Readonly<Record<string, number>> = {
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
}

/** Operations that are done with one of these, or with none. */
const COMPOSED = new Set(['square', 'stopGradient'])

const fits = (x: Tensor, y: Tensor): boolean => x.dtype === 'float32' && (x.size === y.size || x.size === 1)

/** Whether each element of a node's output comes from its own place in operands of the same size, and from numbers. */
export const isFusable = ({ op, scope, inputs, outputs: [y] }: Node): boolean =>
  (op in INSTRUCTIONS || COMPOSED.has(op)) && scope === undefined && inputs.every((x) => fits(x, y!))
