import { type Node, primitives, type Tensor } from '../graph/index.js'
import { isElementwise, isSummed, PRODUCTS } from './mixing.js'
import { type Bits, bit } from './reach.js'
import { axesAfterReshape } from './reshape.js'

/** How to follow a weight back to where it is kept. */
export interface Way {
  isIn(x: Tensor): boolean
  /** What a tensor is made from; of a copy that is kept, what was copied. */
  before(x: Tensor): readonly Tensor[]
  isEnd(x: Tensor): boolean
}

/** For each axis of a tensor, the axes of the weight as it is kept that lie along it; and all of these. */
interface Kept {
  readonly axes: readonly Bits[]
  readonly all: Bits
}

/**
 * Over which axes of a weight, as it is kept, a product sums: it tells a weight used forward from the same weight used to
 * carry something back. Undefined: the way from there cannot be told.
 */
export function summedAxes(node: Node, weight: Way, users: (x: Tensor) => readonly Node[]): Bits | undefined {
  const index = node.inputs.findIndex(weight.isIn)
  const x = node.inputs[index]
  const kept = x && keptAxes(x, weight, new Map())
  if (!kept || kept === 'circle') return undefined
  const set = summedOf(node, index, users).reduce((all, axis) => all | (kept.axes[axis] ?? 0n), 0n)
  const isPart = set !== kept.all || (kept.all & (kept.all - 1n)) === 0n
  return set !== 0n && isPart ? set : undefined
}

/** The axes of an operand that a product sums over. */
function summedOf(node: Node, index: number, users: (x: Tensor) => readonly Node[]): number[] {
  const [x, y] = [node.inputs[index]!, node.outputs[0]!]
  if (isElementwise(node)) {
    const by = y.rank - x.rank
    return x.shape.flatMap((size, axis) => (size > 1 && isSummed(y, [axis + by], users) ? [axis] : []))
  }
  if (PRODUCTS.get(node.op) === 'convolution') return [1]
  const isTurned: boolean = index === 0 ? node.attributes.transposeA : node.attributes.transposeB
  return [x.rank - (isTurned === (index === 0) ? 2 : 1)]
}

/** Undefined: it cannot be told, or ways differ; 'circle': it only leads back to what is being looked at. */
type Found = Kept | undefined | 'circle'

function keptAxes(x: Tensor, way: Way, known: Map<Tensor, Found>): Found {
  if (known.has(x)) return known.get(x)
  known.set(x, 'circle')
  const found = foundAxes(x, way, known)
  known.set(x, found)
  return found
}

function foundAxes(x: Tensor, way: Way, known: Map<Tensor, Found>): Found {
  const before = way.before(x)
  if (way.isEnd(x) || before.length === 0) {
    const axes = x.shape.map((size, axis) => (size > 1 ? bit(axis) : 0n))
    return { axes, all: axes.reduce((all, set) => all | set, 0n) }
  }
  let found: Kept | undefined
  for (const y of new Set(before)) {
    if (!way.isIn(y)) continue
    const from = keptAxes(y, way, known)
    if (from === 'circle') continue
    // Along an axis of one place lies nothing.
    const axes = from && moved(x, y, from.axes)?.map((set, axis) => (x.shape[axis]! > 1 ? set : 0n))
    if (!axes || (found && String(found.axes) !== String(axes))) return undefined
    found = { axes, all: from.all }
  }
  return found ? { axes: joined(x, found), all: found.all } : 'circle'
}

/** Where the axes of `y` are in `x`, which is made of it. */
function moved(x: Tensor, y: Tensor, from: readonly Bits[]): readonly Bits[] | undefined {
  const { op, attributes } = x.node
  if (op === 'transpose') return attributes.order.map((axis: number) => from[axis])
  if (op === 'gather') return [...Array(x.rank - y.rank + 1).fill(0n), ...from.slice(1)]
  if (op === 'reshape') {
    const sets = x.shape.map(() => 0n)
    y.shape.forEach((size, axis) => {
      if (size > 1) for (const to of axesAfterReshape(y.shape, [axis], x.shape)) sets[to]! |= from[axis]!
    })
    return sets
  }
  const isAligned = ['broadcastTo', 'cast', 'select'].includes(op) || primitives()[op].elementwise
  if (isAligned) return x.shape.map((_, axis) => from[axis - x.rank + y.rank] ?? 0n)
  const isSame = op === 'slice' || op === 'pad' || op === 'concat' || String(x.shape) === String(y.shape)
  return isSame && x.rank === y.rank ? from : undefined
}

/** Slices of one place each that are put together make up the one axis that is missing. */
function joined({ shape }: Tensor, { axes, all }: Kept): readonly Bits[] {
  const missing = axes.reduce((rest, set) => rest & ~set, all)
  const open = shape.flatMap((size, axis) => (size > 1 && axes[axis] === 0n ? [axis] : []))
  return open.length === 1 && missing !== 0n && (missing & (missing - 1n)) === 0n ? axes.with(open[0]!, missing) : axes
}
