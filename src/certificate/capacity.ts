import type { LoopAttributes, Node, Tensor } from '../graph/index.js'
import { allNodes, type Program, type Vertex } from './network.js'
import { sampleAxes } from './samples.js'

/**
 * How many bits a tensor can tell at most, for each sample of the data: a bool one an element, an argmax over K values
 * log2 K, any other number 32. What does not belong to one sample counts in full, since every sample gets it. In a loop it
 * counts as often as the loop runs. `samples`: of one mini-batch.
 */
export function capacities(programs: readonly Program[], samples: number): (v: Vertex) => number {
  const known = new Map<Tensor, number>()
  for (const { state, span = 1, fed } of programs) {
    const nodes = allNodes([...state, ...(fed?.metrics ?? [])].map(({ output }) => output))
    const axes = sampleAxes(nodes, samples, () => span > 1)
    const counts = new Map(
      nodes
        .filter(({ op }) => op === 'loop')
        .map(({ attributes }) => {
          const { scope, count }: LoopAttributes = attributes
          return [scope, count]
        }),
    )
    for (const node of nodes) {
      let times = 1
      for (let scope = node.scope; scope; scope = scope.parent) times *= counts.get(scope) ?? 1
      for (const x of node.outputs) {
        const own = axes.get(x)
        // A tensor of fewer rows than there are samples tells some of them all that it holds.
        const rows = own?.reduce((product, axis) => product * x.shape[axis]!, 1) ?? 1
        known.set(x, (times * bitsOf(x) * x.size) / Math.min(samples, rows) / span)
      }
    }
  }
  return ({ tensor, lane }) =>
    (known.get(tensor) ?? Number.POSITIVE_INFINITY) / (lane === undefined ? 1 : tensor.shape[0]!)
}

function bitsOf({ dtype, node }: Tensor): number {
  if (dtype === 'bool') return 1
  return node.op === 'max' ? Math.min(32, bitsOfMaximum(node)) : 32
}

/** The largest of constants where a number is the largest of its row: as many values as there are constants. */
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
    String(largest!.node.attributes.axes) === String(axes) &&
    axes.length === 1 &&
    axes[0] === inputs[0]!.rank - 1
  const values = Array.from(chosen!.node.attributes.data as ArrayLike<number>)
  if (!isLargest || chosen!.rank !== 1) return 32
  return Math.log2(new Set(values).size)
}
