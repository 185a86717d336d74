import { reachable } from './gradient.js'
import { apply, input, inScope, type Node, type Scope, type Tensor } from './tensor.js'
import { GraphError, sameShape, show } from './types.js'

/** A traced loop body. Whatever it reads from outside is `captured`; these are inputs of the loop's node. */
export interface LoopAttributes {
  readonly count: number
  readonly scope: Scope
  /** int32 scalar: the number of the iteration, from 0. */
  readonly index: Tensor
  readonly parameters: readonly Tensor[]
  readonly results: readonly Tensor[]
  /** Stacked over the iterations: only where the count is fixed. */
  readonly stacked: readonly Tensor[]
  /** bool scalar, computed at the end of an iteration: go on? Absent where the count is fixed. */
  readonly condition: Tensor | undefined
  readonly captured: readonly Tensor[]
}

/** All that an iteration computes for what is outside of it. */
export const resultsOf = ({ results, stacked, condition }: Omit<LoopAttributes, 'captured'>): Tensor[] => [
  ...results,
  ...stacked,
  ...(condition ? [condition] : []),
]

function build(
  op: string,
  count: number,
  initial: readonly Tensor[],
  trace: (carried: Tensor[], index: Tensor) => { carried: Tensor[]; outputs?: Tensor[]; condition?: Tensor },
): Tensor[] {
  if (!Number.isInteger(count) || count < 1) throw new GraphError(`${op}: the count must be a whole number >= 1`)
  return inScope((scope) => {
    const parameter = (name: string, { shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>): Tensor =>
      input({ name, kind: 'loop', shape, dtype }, scope)
    const index = parameter('index', { shape: [], dtype: 'int32' })
    scope.iterations = { count, index }
    const parameters = initial.map((x, i) => parameter(`carried${i}`, x))
    const { carried, outputs = [], condition } = trace(parameters, index)
    carried.forEach((x, i) => {
      if (!sameShape(x.shape, initial[i]!.shape) || x.dtype !== initial[i]!.dtype)
        throw new GraphError(
          `${op}: carried value ${i} starts as ${show(initial[i]!.shape)}, comes back as ${show(x.shape)}`,
        )
    })
    const body = { count, scope, index, parameters, results: carried, stacked: outputs, condition }
    const results = resultsOf(body)
    const inside = (node: Node): boolean => within(node.scope, scope)
    const captured = new Set(results.filter((x) => !inside(x.node)))
    for (const node of reachable(results, inside)) for (const x of node.inputs) if (!inside(x.node)) captured.add(x)
    return apply('loop', [...initial, ...captured], { ...body, captured: [...captured] } satisfies LoopAttributes)
  })
}

/** Whether `scope` is `outer` or a loop inside of it. */
export function within(scope: Scope | undefined, outer: Scope): boolean {
  for (let own = scope; own; own = own.parent) if (own === outer) return true
  return false
}

/**
 * Runs `body` a fixed number of times. `index` is an int32 scalar. `outputs` come back stacked, [count, ...].
 * Differentiable: the states before each iteration are kept where a gradient asks for them, and only there.
 */
export function scan(
  count: number,
  initial: readonly Tensor[],
  body: (carried: Tensor[], index: Tensor) => { carried: Tensor[]; outputs?: Tensor[] },
): { carried: Tensor[]; outputs: Tensor[] } {
  const all = build('scan', count, initial, body)
  const outputs = all[0]!.node.attributes.stacked.length
  return { carried: all.slice(0, initial.length), outputs: all.slice(initial.length, initial.length + outputs) }
}

/**
 * Runs `body` at least once and at most `limit` times, for as long as the bool scalar `condition`, computed at the end
 * of an iteration, holds. Not differentiable: `grad` through it throws.
 */
export function whileLoop(
  limit: number,
  initial: readonly Tensor[],
  body: (carried: Tensor[], index: Tensor) => { carried: Tensor[]; condition: Tensor },
): Tensor[] {
  return build('whileLoop', limit, initial, body).slice(0, initial.length)
}
