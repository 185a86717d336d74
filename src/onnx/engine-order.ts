import type { Message } from './schema.js'

/** An ONNX node, and what of it tells when the engine runs it. */
export interface Emitted {
  readonly message: Message
  readonly opType: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  /** Whether it makes a single number: results often share some, such as the derivative of a loss by itself. */
  readonly isNumber: boolean
}

/**
 * ONNX Runtime takes what nobody reads, the last such node first, and before each it runs all that this one needs. So
 * results stand last, and at the very end the one that could be had first: then a layer moves, and what only its gradients
 * needed is gone, before the next layer runs. An Identity that only names a result goes with it, as the engine may
 * leave it out. `reads`: how many inputs have a name, in the bodies of loops too.
 */
export function inEngineOrder(nodes: readonly Emitted[], reads: ReadonlyMap<string, number>): Message[] {
  const maker = new Map(nodes.flatMap((node) => node.output.map((name): [string, Emitted] => [name, node])))
  const isName = ({ opType, input, output }: Emitted): boolean =>
    opType === 'Identity' && !reads.has(output[0]!) && maker.has(input[0]!)
  const naming = new Map<Emitted, Emitted[]>()
  for (const node of nodes.filter(isName)) {
    const named = maker.get(node.input[0]!)!
    naming.set(named, [...(naming.get(named) ?? []), node])
  }
  const others = nodes.filter((node) => !isName(node))
  const timesRead = (node: Emitted): number => node.output.reduce((sum, name) => sum + (reads.get(name) ?? 0), 0)
  const isResult = (node: Emitted): boolean => timesRead(node) === (naming.get(node)?.length ?? 0)
  const ends = others.flatMap((result) => {
    const names = naming.get(result) ?? []
    if (isResult(result)) return [{ result, last: [result, ...names] }]
    return names.length > 0 ? [{ result, last: names }] : []
  })
  const ready = readiness(
    others,
    maker,
    ends.map(({ result }) => result),
  )
  const ordered = [
    ...others.filter((node) => !isResult(node)),
    ...ends
      .toReversed()
      .sort((a, b) => ready.get(b.result)! - ready.get(a.result)!)
      .flatMap(({ last }) => last),
  ]
  return ordered.map(({ message }) => message)
}

/**
 * Of each node the place of the last node that it needs, itself included, and that more than one result needs; single
 * numbers aside. What a result needs that is a result itself, such as a moment of the optimiser, goes with it.
 */
function readiness(
  nodes: readonly Emitted[],
  maker: ReadonlyMap<string, Emitted>,
  results: readonly Emitted[],
): Map<Emitted, number> {
  const needed = ({ input }: Emitted): Emitted[] => input.flatMap((name) => maker.get(name) ?? [])
  /** The one result that needs a node, or `many`. */
  const owner = new Map<Emitted, Emitted | 'many'>()
  const isResult = new Set(results)
  for (const node of nodes.toReversed()) {
    if (isResult.has(node) && !owner.has(node)) owner.set(node, node)
    const own = owner.get(node)
    if (own === undefined) continue
    for (const before of needed(node)) {
      const other = owner.get(before)
      owner.set(before, other === undefined || other === own ? own : 'many')
    }
  }
  const ready = new Map<Emitted, number>()
  for (const [place, node] of nodes.entries()) {
    const last = Math.max(-1, ...needed(node).map((before) => ready.get(before)!))
    ready.set(node, owner.get(node) === 'many' && !node.isNumber ? place : last)
  }
  return ready
}
