import { type Node, type Op, primitives, type Tensor } from '../graph/index.js'

/** The slices of axis 0 of one operand that something is computed from; undefined: all of the operand. */
export type Slices = readonly number[] | undefined

/**
 * Equal layers may be stacked in one tensor [L, ...]. Then a tensor is looked at slice by slice along its first axis,
 * wherever that axis has the length of such a stack or of a part of one.
 */
export function stackLengths(nodes: readonly Node[], lengths: readonly number[]): ReadonlySet<number> {
  const all = new Set(lengths)
  if (all.size === 0) return all
  const most = Math.max(...lengths) + 1
  for (let before = 0; before !== all.size; ) {
    before = all.size
    for (const node of nodes) {
      if (!movesSlices(node)) continue
      const sizes = [...node.inputs, ...node.outputs].map(({ shape }) => shape[0] ?? 1)
      if (sizes.some((size) => all.has(size))) for (const size of sizes) if (size > 1 && size <= most) all.add(size)
    }
  }
  return all
}

const movesSlices = ({ op, attributes: a }: Node): boolean =>
  ((op === 'slice' || op === 'concat') && a.axis === 0) || (op === 'pad' && a.widths[0]?.some((w: number) => w > 0))

const isElementwise = (op: string): boolean =>
  op === 'cast' || op === 'select' || op === 'broadcastTo' || !!primitives()[op as Op]!.elementwise

/**
 * Which slices of operand `k` the output needs: its slice `lane`, or all of it if `lane` is undefined. An operand that
 * is not looked at slice by slice (`cut` tells) is needed whole, or not at all: [].
 */
export function slicesRead(node: Node, k: number, lane: number | undefined, cut: (x: Tensor) => boolean): Slices {
  const { op, inputs, outputs, attributes } = node
  const [x, y] = [inputs[k]!, outputs[0]!]
  const same = lane === undefined ? undefined : cut(x) ? [lane] : undefined
  if (op === 'slice' && attributes.axis === 0) {
    if (!cut(x)) return undefined
    const rows = lane === undefined ? Array.from({ length: y.shape[0]! }, (_, i) => i) : [lane]
    return rows.map((row) => attributes.start + row * attributes.step)
  }
  if (op === 'gather' && k === 0 && cut(x) && inputs[1]!.node.op === 'constant' && inputs[1]!.rank === 1) {
    // Runtimes count negative rows from the end.
    const rows = Array.from(inputs[1]!.node.attributes.data as ArrayLike<number>, (i) => (i < 0 ? x.shape[0]! + i : i))
    if (rows.some((row) => !(row >= 0 && row < x.shape[0]!))) return undefined
    return lane === undefined ? rows : [rows[lane]!]
  }
  if (lane === undefined) return undefined
  if (op === 'concat' && attributes.axis === 0) {
    const row = lane - inputs.slice(0, k).reduce((sum, part) => sum + part.shape[0]!, 0)
    return row < 0 || row >= x.shape[0]! ? [] : cut(x) ? [row] : undefined
  }
  if (op === 'pad') {
    const row = lane - attributes.widths[0][0]
    return row < 0 || row >= x.shape[0]! ? [] : cut(x) ? [row] : undefined
  }
  if (isElementwise(op)) return x.rank === y.rank && x.shape[0] === y.shape[0] ? same : undefined
  if (op === 'concat' || op === 'slice' || op === 'reshape') return x.shape[0] === y.shape[0] ? same : undefined
  if (op === 'matmul') return x.rank > 2 || (k === 0 && !attributes.transposeA) ? same : undefined
  if (op === 'sum' || op === 'max') return attributes.axes.includes(0) ? undefined : same
  if (op === 'transpose') return attributes.order[0] === 0 ? same : undefined
  return undefined
}
