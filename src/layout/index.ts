import type { StepGraph } from '../onnx/program.js'
import { inPieces } from './pieces.js'
import { turnedBest } from './turned.js'

export { chooseTurned } from './turned.js'

/** How a program holds a state matrix that is not in one piece as it was traced. */
export interface Held {
  readonly name: string
  readonly rows: number
  /** Whether its columns lie one after the other. */
  readonly turned: boolean
  /** Its columns, in pieces. */
  readonly pieces: readonly { readonly name: string; readonly columns: number }[]
}

/** The same step with the named state matrices turned, and large ones in pieces. */
export function arrange(graph: StepGraph, turned: ReadonlySet<string>): { graph: StepGraph; held: readonly Held[] } {
  const { graph: inner, pieces } = inPieces(turned.size > 0 ? turnedBest(graph, turned).graph : graph, turned)
  const state = new Map(inner.state.map(({ name, input }) => [name, input.shape]))
  const held = graph.state
    .filter(({ name }) => turned.has(name) || pieces.has(name))
    .map(({ name, input }): Held => {
      const isTurned = turned.has(name)
      const names = pieces.get(name) ?? [name]
      const parts = names.map((piece) => ({ name: piece, columns: state.get(piece)![isTurned ? 0 : 1]! }))
      return { name, rows: input.shape[0]!, turned: isTurned, pieces: parts }
    })
  return { graph: inner, held }
}
