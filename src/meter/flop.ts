import { type Node, reachable, type Tensor } from '../graph/index.js'
import { type LoopAttributes, resultsOf, within } from '../graph/loop.js'
import type { StepGraph } from '../onnx/index.js'

/**
 * Floating-point operations of a step's products and convolutions, a multiplication and an addition each: 2 m k n of a
 * product [m, k] x [k, n], and two for each output of a convolution and each weight that it is summed over, padding
 * included. Those in 8 bits count alike; everything else, such as elementwise work, does not. A loop's body counts as
 * often as it runs, and one that may stop earlier as if it did not.
 */
export const flopOf = ({ state, metrics }: Pick<StepGraph, 'state' | 'metrics'>): number =>
  counted([...state, ...metrics].map(({ output }) => output))

const counted = (results: readonly Tensor[], inside: (node: Node) => boolean = () => true): number =>
  reachable(results, inside).reduce((sum, node) => sum + flopOfNode(node), 0)

/** Of one node, with all that it runs. */
export function flopOfNode({ op, inputs, outputs, attributes }: Node): number {
  const [output] = outputs as [Tensor]
  switch (op) {
    case 'matmul':
    case 'quantizedMatmul':
      return 2 * output.size * inputs[0]!.shape.at(attributes.transposeA ? -2 : -1)!
    case 'conv2d':
    case 'quantizedConv2d':
      return 2 * output.size * areaOf(inputs[1]!.shape)
    case 'convolutionWeightGradient':
    case 'quantizedWeightGradient':
      return 2 * inputs[1]!.size * areaOf(attributes.weights)
    case 'loop': {
      const loop: LoopAttributes = attributes
      return loop.count * counted(resultsOf(loop), ({ scope }) => within(scope, loop.scope))
    }
    default:
      return 0
  }
}

/** The weights [O, C/groups, KH, KW] that one output is summed over. */
const areaOf = ([, ...sizes]: readonly number[]): number => sizes.reduce((product, size) => product * size, 1)
