import { type LoopAttributes, type Node, primitives, type Tensor } from '../graph/index.js'

/** The axes along which a tensor's numbers belong to one sample of the data each. */
export type SampleAxes = readonly number[]

/**
 * For each tensor whose every number belongs to one sample of the data: the axes that count the samples. Tensors that
 * are not in the map hold numbers of no sample or of all: a gradient, a statistic, a loss.
 */
export function sampleAxes(nodes: readonly Node[], samples: number, isStacked: (node: Node) => boolean) {
  let axes = new Map<Tensor, SampleAxes>()
  const bodies = new Map<Tensor, { node: Node; index: number }>()
  for (const node of nodes)
    if (node.op === 'loop')
      (node.attributes as LoopAttributes).parameters.forEach((p, index) => {
        bodies.set(p, { node, index })
      })
  // Loops carry samples only if what they begin with and what an iteration leaves agree: begin with yes, until no
  // change.
  const lost = new Set<Tensor>()
  for (let before = -1; before !== lost.size; ) {
    before = lost.size
    axes = new Map()
    for (const node of nodes) {
      if (node.op === 'loop') ofLoop(node, axes)
      else if (node.op !== 'input') set(axes, node.outputs[0]!, ofNode(node, axes))
      else if (node.attributes.kind !== 'loop') set(axes, node.outputs[0]!, ofInput(node, samples, isStacked(node)))
      else {
        const body = bodies.get(node.outputs[0]!)
        if (body && !lost.has(node.outputs[0]!)) set(axes, node.outputs[0]!, axes.get(body.node.inputs[body.index]!))
      }
    }
    for (const [p, { node, index }] of bodies) {
      const { results }: LoopAttributes = node.attributes
      if (axes.has(p) && String(axes.get(results[index]!)) !== String(axes.get(p))) lost.add(p)
    }
  }
  return axes
}

const set = (axes: Map<Tensor, SampleAxes>, x: Tensor, own: SampleAxes | undefined): void => {
  if (own && own.length > 0) axes.set(x, own)
}

function ofInput({ attributes }: Node, samples: number, isStacked: boolean): SampleAxes | undefined {
  const axis = isStacked ? 1 : 0
  if (attributes.kind === 'data' || attributes.kind === 'labels') return [axis]
  return attributes.kind === 'noise' && attributes.shape[axis] % samples === 0 ? [axis] : undefined
}

function ofLoop(node: Node, axes: Map<Tensor, SampleAxes>): void {
  const { parameters, results, stacked }: LoopAttributes = node.attributes
  const inner = (x: Tensor): SampleAxes | undefined => axes.get(x)?.map((axis) => axis + 1)
  node.outputs.forEach((y, i) => {
    const size = parameters.length
    if (i < size) set(axes, y, axes.has(parameters[i]!) ? axes.get(results[i]!) : undefined)
    else if (i < size + stacked.length) set(axes, y, inner(stacked[i - size]!))
    else set(axes, y, inner(parameters[i - size - stacked.length]!))
  })
}

/** Whether a tensor has equal numbers along an axis; it then tells no sample from another. */
function isUniform(x: Tensor, axis: number): boolean {
  if (axis < 0 || x.shape[axis] === 1) return true
  const { op, inputs } = x.node
  if (op === 'constant') return new Set(Array.from(x.node.attributes.data as ArrayLike<number>)).size === 1
  if (op !== 'broadcastTo' && !primitives()[op]?.elementwise && op !== 'cast') return false
  return inputs.every((y) => isUniform(y, axis + y.rank - x.rank))
}

function ofNode(node: Node, axes: ReadonlyMap<Tensor, SampleAxes>): SampleAxes | undefined {
  const { op, inputs, outputs, attributes } = node
  const [x, y] = [inputs[0], outputs[0]!]
  const own = x && axes.get(x)
  if (!inputs.some((z) => axes.has(z))) return undefined
  if (op === 'concat') return agreed(inputs, axes, y.rank)
  if (op === 'transpose') return own?.map((axis) => attributes.order.indexOf(axis)).sort((a, b) => a - b)
  if (op === 'slice' || op === 'pad') return own
  if (op === 'reshape') return own && axesAfterReshape(x!.shape, own, y.shape)
  if (op === 'sum' || op === 'max') {
    if (!own || own.some((axis) => attributes.axes.includes(axis))) return undefined
    const dropped = (axis: number): number => attributes.axes.filter((other: number) => other < axis).length
    return attributes.keepDims ? own : own.map((axis) => axis - dropped(axis))
  }
  if (op === 'gather') return axes.has(x!) ? undefined : axes.get(inputs[1]!)
  if (op === 'matmul' || op === 'quantizedMatmul') return ofProduct(node, axes)
  if (op === 'conv2d' || op === 'quantizedConv2d' || op.endsWith('Pool2d'))
    return own?.length === 1 && own[0] === 0 && !(inputs[1] && axes.has(inputs[1])) ? own : undefined
  if (primitives()[op]!.elementwise || ['cast', 'select', 'broadcastTo'].includes(op))
    return agreed(inputs, axes, y.rank)
  return undefined
}

/** Operands that belong to samples do so along the same axes; the others tell no sample from another. */
function agreed(
  inputs: readonly Tensor[],
  axes: ReadonlyMap<Tensor, SampleAxes>,
  rank: number,
): SampleAxes | undefined {
  const aligned = inputs.map((x) => axes.get(x)?.map((axis) => axis + rank - x.rank))
  const [first] = aligned.filter(Boolean)
  const fits = inputs.every((x, i) => {
    if (aligned[i]) return String(aligned[i]) === String(first)
    return first!.every((axis) => isUniform(x, axis + x.rank - rank))
  })
  return fits ? first : undefined
}

function ofProduct({ inputs, outputs, attributes }: Node, axes: ReadonlyMap<Tensor, SampleAxes>) {
  const [a, b] = inputs as [Tensor, Tensor]
  const rank = outputs[0]!.rank
  if (axes.has(a) && axes.has(b)) {
    const [own, other] = [axes.get(a)!, axes.get(b)!]
    return String(own) === String(other) && own.every((axis) => axis < rank - 2) ? own : undefined
  }
  // Of the last two axes of x, one is summed over and the other, `kept`, goes to the axis `to` of the result.
  const [x, other, kept, to] = axes.has(a)
    ? [a, b, attributes.transposeA ? rank - 1 : rank - 2, rank - 2]
    : [b, a, attributes.transposeB ? rank - 2 : rank - 1, rank - 1]
  const result: number[] = []
  for (const axis of axes.get(x)!) {
    if (axis < rank - 2 && !isUniform(other, axis)) return undefined
    if (axis >= rank - 2 && axis !== kept) return undefined
    result.push(axis < rank - 2 ? axis : to)
  }
  return result
}

/** Between places where both shapes have counted as many numbers, axes go into axes. */
export function axesAfterReshape(from: readonly number[], own: SampleAxes, to: readonly number[]): SampleAxes {
  const result: number[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    const [start, begin] = [i, j]
    let [a, b] = [from[i++] ?? 1, to[j++] ?? 1]
    while (a !== b) {
      if (a < b) a *= from[i++] ?? 1
      else b *= to[j++] ?? 1
    }
    const holds = own.some((axis) => axis >= start && axis < i)
    for (let axis = begin; axis < Math.min(j, to.length); axis++) if (holds && to[axis]! > 1) result.push(axis)
  }
  return result
}
