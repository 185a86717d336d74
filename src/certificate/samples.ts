import { type LoopAttributes, type Node, primitives, type Tensor } from '../graph/index.js'
import { type SampleAxis, samplesAfterReshape } from './reshape.js'

/** The axes along which a tensor's numbers belong to one sample of the data each. */
export type SampleAxes = readonly SampleAxis[]

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
      if (axes.has(p) && keyOf(axes.get(results[index]!)) !== keyOf(axes.get(p))) lost.add(p)
    }
  }
  return axes
}

const keyOf = (own: SampleAxes = []): string => own.map(({ axis, count, inner }) => [axis, count, inner]).join(' ')

/** The same axes elsewhere. */
const moved = (own: SampleAxes | undefined, to: (axis: number) => number): SampleAxes | undefined =>
  own?.map((one) => ({ ...one, axis: to(one.axis) }))

/** An axis of which each place may belong to another sample. */
const whole = (axis: number, shape: readonly number[]): SampleAxis => ({ axis, count: shape[axis]!, inner: 1 })

const set = (axes: Map<Tensor, SampleAxes>, x: Tensor, own: SampleAxes | undefined): void => {
  if (own && own.length > 0) axes.set(x, own)
}

function ofInput({ attributes }: Node, samples: number, isStacked: boolean): SampleAxes | undefined {
  const axis = isStacked ? 1 : 0
  const own = [whole(axis, attributes.shape)]
  if (attributes.kind === 'data' || attributes.kind === 'labels') return own
  return attributes.kind === 'noise' && attributes.shape[axis] % samples === 0 ? own : undefined
}

function ofLoop(node: Node, axes: Map<Tensor, SampleAxes>): void {
  const { parameters, results, stacked }: LoopAttributes = node.attributes
  const inner = (x: Tensor): SampleAxes | undefined => moved(axes.get(x), (axis) => axis + 1)
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
  // Places that were left out or added along an axis may belong to any sample.
  const resized = (all: SampleAxes | undefined): SampleAxes | undefined =>
    all?.map((one) => (x!.shape[one.axis] === y.shape[one.axis] ? one : whole(one.axis, y.shape)))
  if (op === 'concat') return agreed(inputs, axes, y, attributes.axis)
  if (op === 'transpose')
    return moved(own, (axis) => attributes.order.indexOf(axis))?.toSorted((a, b) => a.axis - b.axis)
  if (op === 'slice' || op === 'pad') return resized(own)
  if (op === 'reshape') return own && samplesAfterReshape(x!.shape, own, y.shape)
  if (op === 'sum' || op === 'max') {
    if (!own || own.some(({ axis }) => attributes.axes.includes(axis))) return undefined
    const dropped = (axis: number): number => attributes.axes.filter((other: number) => other < axis).length
    return attributes.keepDims ? own : moved(own, (axis) => axis - dropped(axis))
  }
  if (op === 'gather') return axes.has(x!) ? undefined : axes.get(inputs[1]!)
  if (op === 'matmul' || op === 'quantizedMatmul') return ofProduct(node, axes)
  if (op === 'conv2d' || op === 'quantizedConv2d' || op.endsWith('Pool2d'))
    return own?.length === 1 && own[0]!.axis === 0 && !(inputs[1] && axes.has(inputs[1])) ? own : undefined
  if (primitives()[op]!.elementwise || ['cast', 'select', 'broadcastTo'].includes(op)) return agreed(inputs, axes, y)
  return undefined
}

/**
 * Operands that belong to samples do so along the same axes; the others tell no sample from another. `joined`: the axis
 * that is as long as theirs together, and each of whose places may belong to another sample.
 */
function agreed(
  inputs: readonly Tensor[],
  axes: ReadonlyMap<Tensor, SampleAxes>,
  { rank, shape }: Tensor,
  joined?: number,
): SampleAxes | undefined {
  const aligned = inputs.map((x) =>
    moved(axes.get(x), (axis) => axis + rank - x.rank)?.map((one) =>
      one.axis === joined ? whole(joined, shape) : one,
    ),
  )
  const [first] = aligned.filter(Boolean)
  const fits = inputs.every((x, i) => {
    if (aligned[i]) return keyOf(aligned[i]) === keyOf(first)
    return first!.every(({ axis }) => isUniform(x, axis + x.rank - rank))
  })
  return fits ? first : undefined
}

function ofProduct({ inputs, outputs, attributes }: Node, axes: ReadonlyMap<Tensor, SampleAxes>) {
  const [a, b] = inputs as [Tensor, Tensor]
  const rank = outputs[0]!.rank
  if (axes.has(a) && axes.has(b)) {
    const [own, other] = [axes.get(a)!, axes.get(b)!]
    return keyOf(own) === keyOf(other) && own.every(({ axis }) => axis < rank - 2) ? own : undefined
  }
  // Of the last two axes of x, one is summed over and the other, `kept`, goes to the axis `to` of the result.
  const [x, other, kept, to] = axes.has(a)
    ? [a, b, attributes.transposeA ? rank - 1 : rank - 2, rank - 2]
    : [b, a, attributes.transposeB ? rank - 2 : rank - 1, rank - 1]
  const result: SampleAxis[] = []
  for (const one of axes.get(x)!) {
    const { axis } = one
    if (axis < rank - 2 && !isUniform(other, axis)) return undefined
    if (axis >= rank - 2 && axis !== kept) return undefined
    result.push({ ...one, axis: axis < rank - 2 ? axis : to })
  }
  return result
}
