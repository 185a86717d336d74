import { UserError } from '../errors.js'
import type { Shape, Tensor } from '../graph/index.js'
import { sameShape, show } from '../graph/types.js'
import { leaves, type Tree } from '../nn/tree.js'
import type { Metrics } from './contract.js'
import { flatten, isName } from './figures.js'

// What a rule hands back when it is traced. Whatever is wrong there is told by what it is of, before anything runs.

/** What a step handed back: the state with the same tensors, and metrics, one number each. */
export function checkStep(what: string, handed: unknown, before: Tree): asserts handed is readonly [Tree, Metrics] {
  if (!Array.isArray(handed) || handed.length !== 2 || handed.some((part) => typeof part !== 'object' || part === null))
    throw new UserError(
      `${what} must return a list of the next state and its metrics, such as [state, { network: { loss } }]`,
    )
  const [after, metrics] = handed as [Tree, Metrics]
  const next = new Map(leaves(after))
  for (const [name, { dtype, shape }] of leaves(before)) {
    const own = next.get(name)
    if (!own) throw new UserError(`${what} must return the whole state, and leaves ${name} out`)
    if (own.dtype !== dtype || !sameShape(own.shape, shape))
      throw new UserError(
        `${what} gets ${name} as ${dtype} ${show(shape)} and returns it as ${own.dtype} ${show(own.shape)}`,
      )
    next.delete(name)
  }
  for (const name of next.keys()) throw new UserError(`${what} returns ${name}, which init does not make`)
  checkFigures(what, metrics)
  for (const [name, tensor] of flatten(metrics)) checkShape(`the metric ${name} of ${what}`, tensor, [])
}

/** Throws unless the name of every block and of every figure of the network is one. */
export function checkFigures(what: string, { network = {}, blocks = {} }: Metrics): void {
  const wrong = [...Object.keys(network), ...Object.keys(blocks)].find((name) => !isName(name))
  if (wrong !== undefined) throw new UserError(`${what} names a figure or a block "${wrong}": a name has no "/"`)
}

export function checkShape(what: string, tensor: Tensor | undefined, shape: Shape): void {
  const came = tensor?.shape
  if (!Array.isArray(came)) throw new UserError(`${what} must be a tensor ${show(shape)}, and is none`)
  if (!sameShape(came, shape)) throw new UserError(`${what} must be ${show(shape)}, and is ${show(came)}`)
}
