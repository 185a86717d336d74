import type { Node, Tensor } from '../graph/index.js'
import { allNodes, iterations, type Program, type Vertex } from './network.js'
import { sampleAxes } from './samples.js'

/**
 * How many bits a tensor can tell at most, for each sample of the data: a bool one an element, an argmax over K values
 * log2 K, any other number 32. What does not belong to one sample counts in full, since every sample gets it. In a loop
 * it counts as often as the loop runs. `samples`: of one mini-batch.
 */
export function capacities(programs: readonly Program[], samples: number): (v: Vertex) => number {
  const known = new Map<Tensor, number>()
  for (const { state, span = 1, fed } of programs) {
    const nodes = allNodes([...state, ...(fed?.metrics ?? [])].map(({ output }) => output))
    const axes = sampleAxes(nodes, samples, () => span > 1)
    const times = iterations(nodes)
    for (const node of nodes)
      for (const x of node.outputs) {
        const own = axes.get(x)
        // A tensor of fewer rows than there are samples tells some of them all that it holds.
        const rows = own?.reduce((product, { count }) => product * count, 1) ?? 1
        known.set(x, (times(node) * bitsOf(x) * x.size) / Math.min(samples, rows) / span)
      }
  }
  return ({ tensor, lane }) =>
    (known.get(tensor) ?? Number.POSITIVE_INFINITY) / (lane === undefined ? 1 : tensor.shape[0]!)
}

function bitsOf({ dtype, node }: Tensor): number {
  if (dtype === 'bool') return 1
  return node.op === 'max' ? Math.min(32, bitsOfMaximum(node)) : 32
}

/**
 * The largest of constants of which a condition chooses: as many values as there are. An argmax chooses 0 for all but
 * the largest of its row, and so never gives that 0.
 */
function bitsOfMaximum({ inputs, attributes: { axes } }: Node): number {
  const { op, inputs: parts } = inputs[0]!.node
  const [condition, chosen, other] = parts
  if (op !== 'select' || chosen!.node.op !== 'constant' || other!.node.op !== 'constant') return 32
  const { op: compared, inputs: both } = condition!.node
  const [x, largest] = both
  const isLargest =
    compared === 'greaterEqual' &&
    largest!.node.op === 'max' &&
    largest!.node.inputs[0] === x &&
    largest!.node.attributes.keepDims &&
    String(largest!.node.attributes.axes) === String(axes) &&
    String(x!.shape) === String(inputs[0]!.shape) &&
    axes.length === 1
  const valuesOf = ({ node }: Tensor): number[] => Array.from(node.attributes.data as ArrayLike<number>)
  const values = new Set(valuesOf(chosen!))
  const least = isLargest ? Math.min(...values) : Number.NEGATIVE_INFINITY
  for (const value of valuesOf(other!)) if (value > least) values.add(value)
  return Math.log2(values.size)
}
