import { PRODUCTS } from '../certificate/mixing.js'
import { reachable, type Tensor } from '../graph/index.js'

/**
 * What the last products with weights read, on the ways from the input to `scores`: of a classifier the layer before its read-out.
 * Weights are what is made of state and constants alone. Undefined where a way to the input leads through no such product, or
 * through a loop, into which this does not look.
 */
export function readOutInputs(scores: Tensor): readonly Tensor[] | undefined {
  const fromData = new Set<Tensor>()
  for (const { op, attributes, inputs, outputs } of reachable([scores])) {
    const isData = op === 'input' ? attributes.kind === 'data' : inputs.some((x) => fromData.has(x))
    if (isData) for (const output of outputs) fromData.add(output)
  }
  const found = new Set<Tensor>()
  const seen = new Set<Tensor>()
  const open = [scores]
  while (open.length > 0) {
    const x = open.pop()!
    if (seen.has(x) || !fromData.has(x)) continue
    seen.add(x)
    const { op, inputs } = x.node
    if (op === 'input' || op === 'loop') return undefined
    const data = inputs.filter((own) => fromData.has(own))
    if (PRODUCTS.has(op) && op !== 'gather' && data.length < inputs.length) for (const own of data) found.add(own)
    else open.push(...data)
  }
  return found.size === 0 ? undefined : [...found]
}
