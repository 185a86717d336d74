import { reachable } from '../graph/gradient.js'
import { primitives } from '../graph/primitives/table.js'
import { apply, concat, input, type Node, type Tensor } from '../graph/tensor.js'
import { type Shape, sameShape, sizeOf } from '../graph/types.js'
import type { StepGraph } from './program.js'

/** Matrices of more elements than this are cut. */
const LARGEST = 2 ** 20

/** A piece has at most so many, so that its update stays in the cache; its width fits the tiles of the product. */
const PIECE = 2 ** 19
const TILE = 16

/** Wider pieces gain nothing; narrower than the batch they would be packed for the product by each thread anew. */
const WIDEST = 256

/** A state matrix that a program holds in pieces of its columns. */
export interface Cut {
  readonly name: string
  readonly rows: number
  readonly pieces: readonly { readonly name: string; readonly columns: number }[]
}

/** Columns of a matrix, piece by piece. */
type Pieces = readonly Tensor[]

/** The widths of the pieces of a matrix of this shape: all the same, but for the last. */
function widthsFor(shape: Shape): number[] {
  const [rows, columns] = shape as [number, number]
  const most = TILE * Math.max(1, Math.floor(Math.min(WIDEST, PIECE / rows) / TILE))
  const width = TILE * Math.ceil(columns / Math.ceil(columns / most) / TILE)
  return Array.from({ length: Math.ceil(columns / width) }, (_, i) => Math.min(width, columns - i * width))
}

const isLarge = ({ shape, dtype }: Tensor): boolean =>
  shape.length === 2 && dtype === 'float32' && sizeOf(shape) > LARGEST

/** Operations whose every element depends on the same place of their operands alone. */
const isElementwise = (node: Node): boolean =>
  primitives()[node.op]!.lazyCotangent === true && node.outputs.length === 1 && node.op !== 'stopGradient'

/** Products whose columns are those of the right operand. */
const isProduct = ({ op, attributes }: Node): boolean =>
  (op === 'matmul' || op === 'quantizedMatmul') && !attributes.transposeB

/**
 * The same step over large weight matrices in pieces of their columns. An optimiser passes ten times over each weight;
 * over a piece that stays in the processor's cache these passes cost a third, and products with it gain too. Elementwise
 * operations, products with such a matrix and products that give one are done piece by piece; everything else gets the
 * pieces put together. Which matrices are cut depends on their shape alone, so that programs can share them.
 */
export function inPieces(graph: StepGraph): { graph: StepGraph; cuts: readonly Cut[] } {
  const outputs = [...graph.state, ...graph.metrics].map(({ output }) => output)
  const nodes = reachable(outputs)
  const chosen = graph.state.filter((x) => isLarge(x.input))
  if (chosen.length === 0) return { graph, cuts: [] }

  const wholes = new Map<Tensor, Tensor>()
  const cut = new Map<Tensor, Pieces>()
  const whole = (x: Tensor): Tensor => {
    const known = wholes.get(x)
    if (known) return known
    const pieces = cut.get(x)
    const made = pieces ? concat(pieces, 1) : x
    wholes.set(x, made)
    return made
  }
  /** The columns of an operand that belong to pieces of the given widths; what broadcasts over columns stays as it is. */
  const along = (x: Tensor, widths: readonly number[]): Pieces => {
    const known = cut.get(x)
    if (known && known.length === widths.length && known.every(({ shape }, i) => shape[1] === widths[i])) return known
    const value = whole(x)
    const axis = value.rank - 1
    if (value.rank === 0 || value.shape[axis] === 1) return widths.map(() => value)
    let start = 0
    return widths.map((width) => {
      start += width
      return value.slice(axis, start - width, start)
    })
  }
  /**
   * For each piece of a right operand in 8 bits the largest magnitude of the whole, so that all share its scale. Each has
   * a node of its own: ONNX Runtime only folds a scale into the product if nothing else reads it.
   */
  const largestOf = (pieces: Pieces): Pieces => {
    const own = pieces.map((piece) => piece.abs().max())
    const all = own.reduce((a, b) => a.maximum(b))
    return own.map((largest) => largest.maximum(all))
  }
  const isCutLike = (shape: Shape): boolean => chosen.some(({ input }) => sameShape(input.shape, shape))
  const widthsOf = (pieces: Pieces): number[] => pieces.map(({ shape }) => shape[1]!)
  const keep = (node: Node, pieces: Pieces): void => {
    cut.set(node.outputs[0]!, pieces)
  }

  const states = graph.state.map((entry) => {
    if (!chosen.includes(entry)) return { entry, pieces: undefined }
    const { name, input: x } = entry
    const pieces = widthsFor(x.shape).map((width, i) =>
      input({ name: `${name}#${i}`, kind: 'state', shape: [x.shape[0]!, width], dtype: 'float32' }),
    )
    cut.set(x, pieces)
    return { entry, pieces }
  })

  for (const node of nodes) {
    if (node.op === 'input') continue
    const [a, b] = node.inputs
    const [y] = node.outputs as [Tensor]
    if (isElementwise(node) && y.rank === 2) {
      const first = node.inputs.map((x) => cut.get(x)).find((pieces) => pieces !== undefined)
      if (first && node.inputs.every((x) => !cut.has(x) || sameShape(x.shape, y.shape))) {
        const operands = node.inputs.map((x) => along(x, widthsOf(first)))
        keep(
          node,
          first.map(
            (_, i) =>
              apply(
                node.op,
                operands.map((pieces) => pieces[i]!),
                node.attributes,
              )[0]!,
          ),
        )
        continue
      }
    }
    if (isProduct(node) && y.rank === 2) {
      const right = cut.get(b!)
      const widths = right ? widthsOf(right) : isCutLike(y.shape) ? widthsFor(y.shape) : undefined
      if (widths) {
        const left = whole(a!)
        const pieces = along(b!, widths)
        const largest = node.op === 'quantizedMatmul' ? largestOf(pieces) : undefined
        const operands = pieces.map((piece, i) => [left, piece, ...(largest ? [largest[i]!] : [])])
        keep(
          node,
          operands.map((own) => apply(node.op, own, node.attributes)[0]!),
        )
        continue
      }
    }
    if (!node.inputs.some((x) => wholes.has(x) || cut.has(x))) continue
    const made = apply(node.op, node.inputs.map(whole), node.attributes)
    node.outputs.forEach((output, i) => {
      wholes.set(output, made[i]!)
    })
  }

  const state = states.flatMap(({ entry, pieces }) => {
    if (!pieces) return [{ ...entry, output: whole(entry.output) }]
    const next = along(entry.output, widthsOf(pieces))
    return pieces.map((piece, i) => ({ name: piece.node.attributes.name as string, input: piece, output: next[i]! }))
  })
  const metrics = graph.metrics.map(({ name, output }) => ({ name, output: whole(output) }))
  const cuts = states.flatMap(({ entry, pieces }) =>
    pieces
      ? [
          {
            ...{ name: entry.name, rows: entry.input.shape[0]! },
            pieces: pieces.map((x) => ({ name: x.node.attributes.name as string, columns: x.shape[1]! })),
          },
        ]
      : [],
  )
  return { graph: { state, batch: graph.batch, metrics }, cuts }
}
