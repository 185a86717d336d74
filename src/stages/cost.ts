import { reachable } from '../graph/gradient.js'
import { type LoopAttributes, within } from '../graph/loop.js'
import type { Node, Tensor } from '../graph/tensor.js'

type Summed = (inputs: readonly Tensor[], output: Tensor) => number

const ofProduct: Summed = ([a, b], y) => Math.sqrt((a!.size * b!.size) / y.size)
const ofConvolution: Summed = ([, weight]) => weight!.size / weight!.shape[0]!

/** How many products are summed for one number of an output. */
const SUMMED: Readonly<Record<string, Summed>> = {
  matmul: ofProduct,
  quantizedMatmul: ofProduct,
  conv2d: ofConvolution,
  quantizedConv2d: ofConvolution,
  convolutionWeightGradient: ([, gradient]) => gradient!.size / gradient!.shape[1]!,
}

/** So many products are summed in the time in which one number is brought from memory, worked on and written. */
const PER_NUMBER = 16

const FREE = new Set(['input', 'constant', 'reshape', 'stopGradient'])

export const isProduct = ({ op }: Node): boolean => op in SUMMED

/** About how long an operation takes, in numbers that go through memory: enough to share a step out by. */
export function costOf({ op, inputs, outputs, attributes }: Node): number {
  if (FREE.has(op)) return 0
  if (op === 'loop') {
    const { count, scope, results, stacked, condition }: LoopAttributes = attributes
    const body = reachable([...results, ...stacked, ...(condition ? [condition] : [])], (node) =>
      within(node.scope, scope),
    )
    return count * body.reduce((sum, node) => sum + costOf(node), 0)
  }
  const [y] = outputs as [Tensor]
  return y.size * (1 + (SUMMED[op]?.(inputs, y) ?? 0) / PER_NUMBER)
}
