import { reachable } from '../graph/gradient.js'
import { primitives } from '../graph/primitives/table.js'
import { apply, concat, input, type Node, type Tensor } from '../graph/tensor.js'
import { type Shape, sameShape, sizeOf } from '../graph/types.js'
import type { StepGraph } from '../onnx/program.js'

/** Matrices of more elements than this are cut. */
const LARGEST = 2 ** 20

/** A piece has at most so many, so that its update stays in the cache; its width fits the tiles of the product. */
const PIECE = 2 ** 19

/** A smaller piece costs more in nodes than it saves in the cache. */
const SMALLEST = 2 ** 17
const TILE = 16

/** Wider ones of that size gain nothing; narrower than the batch they would be packed for the product by each thread anew. */
const WIDTH = 256

/** A matrix in pieces along one axis: of its columns (1), or of its rows (0) where it lies turned. */
interface Pieces {
  readonly axis: 0 | 1
  readonly parts: readonly Tensor[]
}

/** The widths of the pieces of a matrix with so many elements across the cut, and along it: all the same, but for the last. */
function widthsFor(across: number, along: number): number[] {
  const most = TILE * Math.max(1, Math.floor(Math.min(Math.max(WIDTH, SMALLEST / across), PIECE / across) / TILE))
  const width = TILE * Math.ceil(along / Math.ceil(along / most) / TILE)
  return Array.from({ length: Math.ceil(along / width) }, (_, i) => Math.min(width, along - i * width))
}

const isLarge = ({ shape, dtype }: Tensor): boolean =>
  shape.length === 2 && dtype === 'float32' && sizeOf(shape) > LARGEST

/** In how many pieces a matrix that lies turned comes. */
export const turnedPieces = (x: Tensor): number => (isLarge(x) ? widthsFor(x.shape[0]!, x.shape[1]!).length : 1)

/** Operations whose every element depends on the same place of their operands alone. */
export const isElementwise = (node: Node): boolean =>
  primitives()[node.op]!.elementwise === true && node.outputs.length === 1 && node.op !== 'stopGradient'

const isProduct = ({ op, outputs: [y] }: Node): boolean =>
  (op === 'matmul' || op === 'quantizedMatmul') && y!.rank === 2

/**
 * The same step over large weight matrices in pieces: of their columns, or of their rows where they lie turned. An
 * optimiser passes ten times over each weight; over a piece that stays in the processor's cache these passes cost a third,
 * and products with it gain too. Elementwise operations, products with such a matrix and products that give one are done
 * piece by piece; everything else gets the pieces put together. Which matrices are cut depends on their shape alone, so
 * that programs can share them. With the step, the names of the pieces of each matrix that was cut.
 */
export function inPieces(
  graph: StepGraph,
  turned: ReadonlySet<string> = new Set(),
): { graph: StepGraph; pieces: ReadonlyMap<string, readonly string[]> } {
  const outputs = [...graph.state, ...graph.metrics].map(({ output }) => output)
  const nodes = reachable(outputs)
  const chosen = graph.state.filter((x) => isLarge(x.input))
  if (chosen.length === 0) return { graph, pieces: new Map() }

  const wholes = new Map<Tensor, Tensor>()
  const cut = new Map<Tensor, Pieces>()
  const whole = (x: Tensor): Tensor => {
    const known = wholes.get(x)
    if (known) return known
    const pieces = cut.get(x)
    const made = pieces ? concat(pieces.parts, pieces.axis) : x
    wholes.set(x, made)
    return made
  }
  const widthsOf = ({ axis, parts }: Pieces): number[] => parts.map(({ shape }) => shape[axis]!)
  /** The pieces of an operand of a matrix that is cut so; what broadcasts along the cut stays as it is. */
  const along = (x: Tensor, axis: 0 | 1, widths: readonly number[]): readonly Tensor[] => {
    const known = cut.get(x)
    if (known?.axis === axis && sameShape(widthsOf(known), widths)) return known.parts
    const value = whole(x)
    const own = value.rank - 2 + axis
    if (own < 0 || value.shape[own] === 1) return widths.map(() => value)
    let start = 0
    return widths.map((width) => {
      start += width
      return value.slice(own, start - width, start)
    })
  }
  /**
   * For each piece of a right operand in 8 bits the largest magnitude of the whole, so that all share its scale. Each has
   * a node of its own: ONNX Runtime only folds a scale into the product if nothing else reads it.
   */
  const largestOf = (parts: readonly Tensor[]): readonly Tensor[] => {
    const own = parts.map((piece) => piece.abs().max())
    const all = own.reduce((a, b) => a.maximum(b))
    return own.map((largest) => largest.maximum(all))
  }
  const widthsLike = ({ shape }: { shape: Shape }, axis: 0 | 1): number[] => widthsFor(shape[1 - axis]!, shape[axis]!)
  const axisOfState = (name: string): 0 | 1 => (turned.has(name) ? 0 : 1)
  /** How a product of this shape is to be cut, because it is the gradient of a state that is. */
  const wantedCut = (shape: Shape): 0 | 1 | undefined => {
    const like = chosen.find(({ input }) => sameShape(input.shape, shape))
    return like && axisOfState(like.name)
  }

  const states = graph.state.map((entry) => {
    if (!chosen.includes(entry)) return { entry, pieces: undefined }
    const { name, input: x } = entry
    const axis = axisOfState(name)
    const parts = widthsLike(x, axis).map((width, i) =>
      input({ name: `${name}#${i}`, kind: 'state', shape: x.shape.with(axis, width), dtype: 'float32' }),
    )
    cut.set(x, { axis, parts })
    return { entry, pieces: { axis, parts } }
  })

  /** The pieces of a product: of its rows by its left operand (operand 0), of its columns by the right one. */
  const productPieces = (node: Node, operand: 0 | 1): readonly Tensor[] | undefined => {
    const { transposeA, transposeB } = node.attributes
    // A product in 8 bits has one scale for its left operand.
    if (operand === 0 && (transposeA || node.op === 'quantizedMatmul')) return undefined
    const x = node.inputs[operand]!
    const axis = operand === 1 && transposeB ? 0 : operand
    const known = cut.get(x)
    if (known?.axis === axis) return known.parts
    const [y] = node.outputs as [Tensor]
    if (axis !== operand || wantedCut(y.shape) !== operand) return undefined
    return along(x, axis, widthsLike(y, operand))
  }

  for (const node of nodes) {
    if (node.op === 'input') continue
    const [y] = node.outputs as [Tensor]
    if (isElementwise(node) && y.rank === 2) {
      const first = node.inputs.map((x) => cut.get(x)).find((pieces) => pieces !== undefined)
      if (first && node.inputs.every((x) => !cut.has(x) || sameShape(x.shape, y.shape))) {
        const operands = node.inputs.map((x) => along(x, first.axis, widthsOf(first)))
        const parts = first.parts.map((_, i) => {
          const own = operands.map((pieces) => pieces[i]!)
          return apply(node.op, own, node.attributes)[0]!
        })
        cut.set(y, { axis: first.axis, parts })
        continue
      }
    }
    const ofLeft = isProduct(node) ? productPieces(node, 0) : undefined
    const pieces = ofLeft ?? (isProduct(node) ? productPieces(node, 1) : undefined)
    if (pieces) {
      const operand = ofLeft ? 0 : 1
      const other = whole(node.inputs[1 - operand]!)
      const largest = node.op === 'quantizedMatmul' ? largestOf(pieces) : undefined
      const parts = pieces.map((piece, i) => {
        const own = operand === 0 ? [piece, other] : [other, piece, ...(largest ? [largest[i]!] : [])]
        return apply(node.op, own, node.attributes)[0]!
      })
      cut.set(y, { axis: operand, parts })
      continue
    }
    if (!node.inputs.some((x) => wholes.has(x) || cut.has(x))) continue
    const made = apply(node.op, node.inputs.map(whole), node.attributes)
    node.outputs.forEach((output, i) => {
      wholes.set(output, made[i]!)
    })
  }

  const state = states.flatMap(({ entry, pieces }) => {
    if (!pieces) return [{ ...entry, output: whole(entry.output) }]
    const next = along(entry.output, pieces.axis, widthsOf(pieces))
    return pieces.parts.map((piece, i) => {
      const name: string = piece.node.attributes.name
      return { name, input: piece, output: next[i]! }
    })
  })
  const metrics = graph.metrics.map(({ name, output }) => ({ name, output: whole(output) }))
  const named = states.flatMap(({ entry, pieces }): [string, string[]][] =>
    pieces ? [[entry.name, pieces.parts.map((x) => x.node.attributes.name)]] : [],
  )
  return { graph: { state, batch: graph.batch, metrics }, pieces: new Map(named) }
}
