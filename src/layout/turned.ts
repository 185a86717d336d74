import { reachable } from '../graph/gradient.js'
import { primitives } from '../graph/primitives/table.js'
import { apply, input, type Node, type Tensor } from '../graph/tensor.js'
import type { StepGraph } from '../onnx/program.js'

/**
 * How a matrix lies in memory: its rows one after the other, as it was traced, or its columns.
 *
 * ONNX Runtime's product packs its whole right operand anew in every call. Of a layer's output x W, [N, in] x [in, out],
 * that is W, the largest there is; of the turned output W^T x^T it is x. A right operand may lie either way, a left one
 * that does not lie as it should must be transposed first. So, where weights lie turned, a step that goes on with turned
 * activities packs less, and transposes nothing for the weights' gradient: its columns are d^T x.
 */
type Form = 'straight' | 'turned'

const OTHER = { straight: 'turned', turned: 'straight' } as const

/** Elementwise too, though gradients do not take it so. */
const ALSO_ELEMENTWISE = new Set(['cast', 'select'])

const isElementwise = ({ op, outputs }: Node): boolean =>
  (primitives()[op]!.elementwise || ALSO_ELEMENTWISE.has(op)) === true && outputs.length === 1

/** Operations along an axis: as they are, but along the other one. */
const ALONG_AN_AXIS = new Set(['slice', 'concat'])
const OVER_AXES = new Set(['sum', 'max'])

const isMatrix = ({ shape }: Tensor): boolean => shape.length === 2 && shape.every((size) => size > 1)

const swapped = ([rows, columns]: readonly number[]): number[] => [columns!, rows!]

interface Turned {
  readonly graph: StepGraph
  /**
   * Numbers that the step moves for its products, packed or transposed: what the layout should make small. Products within
   * loops, of batches of matrices and in 8 bits are not counted.
   */
  readonly moved: number
}

/**
 * The same step with the named state matrices turned. `eager`: with turned activities wherever a product gives them
 * without a transposition; or only where a product taken by itself moves no more for it.
 */
export function turn(graph: StepGraph, names: ReadonlySet<string>, eager: boolean): Turned {
  let moved = 0
  const known = new Map<Tensor, Partial<Record<Form, Tensor>>>()
  const formsOf = (x: Tensor): Partial<Record<Form, Tensor>> => {
    const forms = known.get(x) ?? { straight: x }
    known.set(x, forms)
    return forms
  }
  /** A broadcast is made in whatever form is asked for. */
  const isFree = (x: Tensor, form: Form): boolean =>
    !isMatrix(x) || formsOf(x)[form] !== undefined || (x.node.op === 'broadcastTo' && !isMatrix(x.node.inputs[0]!))
  const get = (x: Tensor, form: Form): Tensor => {
    const forms = formsOf(x)
    forms[form] ??= make(x, form)
    return forms[form]
  }
  const make = (x: Tensor, form: Form): Tensor => {
    const other = formsOf(x)[OTHER[form]]!
    if (!isMatrix(x)) return other.reshape(swapped(other.shape))
    if (isFree(x, form)) return operand(x.node.inputs[0]!, form).broadcastTo(swapped(other.shape))
    moved += 2 * x.size
    return other.transpose()
  }
  /** For an operation whose result is a matrix in this form. */
  const operand = (x: Tensor, form: Form): Tensor => {
    if (form === 'straight' || x.rank === 0) return get(x, 'straight')
    return x.rank === 1 ? get(x, 'straight').reshape([x.size, 1]) : get(x, form)
  }
  const onlyTurned = (x: Tensor): boolean => !isFree(x, 'straight')

  /** y = a b, or y^T = b^T a^T; each operand as it lies, if it can. */
  const multiply = ({ inputs: [a, b], outputs: [y], attributes }: Node): void => {
    const { transposeA, transposeB } = attributes
    const left: Form = transposeA ? 'turned' : 'straight'
    const right: Form = transposeB ? 'straight' : 'turned'
    const [rows, columns] = y!.shape as [number, number]
    const inner = a!.size / rows
    const packed = { straight: inner * columns, turned: inner * rows }
    const costs = {
      straight: packed.straight + (isFree(a!, left) ? 0 : 2 * a!.size),
      turned: packed.turned + (isFree(b!, right) ? 0 : 2 * b!.size),
    }
    const isTurned = eager ? isFree(b!, right) || costs.turned < costs.straight : costs.turned <= costs.straight
    const form: Form = isMatrix(y!) && isTurned && names.size > 0 ? 'turned' : 'straight'
    moved += packed[form]
    const [first, own, second, wanted] = form === 'turned' ? [b!, right, a!, left] : [a!, left, b!, right]
    const transposed = isFree(second, wanted)
    const product = get(first, own).matmul(get(second, transposed ? wanted : OTHER[wanted]), { transposeB: transposed })
    known.set(y!, { [form]: product })
  }

  const rebuild = (node: Node, form: Form, inputs: readonly Tensor[], attributes = node.attributes): void => {
    const made = apply(node.op, inputs, attributes)
    for (const [i, y] of node.outputs.entries()) known.set(y, { [form]: made[i]! })
  }

  const results = [...graph.state, ...graph.metrics].map(({ output }) => output)
  for (const { name, input: x } of graph.state)
    if (names.has(name))
      known.set(x, { turned: input({ name, kind: 'state', shape: swapped(x.shape), dtype: x.dtype }) })
  for (const node of reachable(results)) {
    const { op, inputs, outputs, attributes } = node
    const y = outputs[0]!
    if (op === 'input') continue
    if (op === 'matmul' && y.rank === 2) multiply(node)
    else if (op === 'transpose' && y.rank === 2 && attributes.order[0] === 1) {
      const { straight, turned } = formsOf(inputs[0]!)
      known.set(y, { ...(straight && { turned: straight }), ...(turned && { straight: turned }) })
    } else if (isElementwise(node) && y.rank === 2 && inputs.some(onlyTurned))
      rebuild(
        node,
        'turned',
        inputs.map((x) => operand(x, 'turned')),
      )
    else if (OVER_AXES.has(op) && onlyTurned(inputs[0]!)) {
      const axes = attributes.axes.map((axis: number) => 1 - axis).sort()
      // Over no axis it is a matrix still.
      const form = attributes.keepDims || axes.length === 0 ? 'turned' : 'straight'
      rebuild(node, form, [get(inputs[0]!, 'turned')], { ...attributes, axes })
    } else if (ALONG_AN_AXIS.has(op) && y.rank === 2 && inputs.some(onlyTurned))
      rebuild(
        node,
        'turned',
        inputs.map((x) => get(x, 'turned')),
        { ...attributes, axis: 1 - attributes.axis },
      )
    else if (inputs.some((x) => get(x, 'straight') !== x))
      rebuild(
        node,
        'straight',
        inputs.map((x) => get(x, 'straight')),
      )
  }
  const state = graph.state.map(({ name, input: x, output }) => {
    const form = names.has(name) ? 'turned' : 'straight'
    return { name, input: get(x, form), output: get(output, form) }
  })
  const metrics = graph.metrics.map(({ name, output }) => ({ name, output: get(output, 'straight') }))
  return { graph: { state, batch: graph.batch, metrics }, moved }
}

/** The better way to go on with what is turned. */
export function turnedBest(graph: StepGraph, names: ReadonlySet<string>): Turned {
  const [eager, careful] = [turn(graph, names, true), turn(graph, names, false)]
  return eager.moved < careful.moved ? eager : careful
}

/**
 * The names of the state matrices that lie turned in programs that share them: those of one shape together, because
 * weights and their moments meet elementwise; chosen so that the steps move the fewest numbers in all.
 */
export function chooseTurned(graphs: readonly StepGraph[]): Set<string> {
  const matrices = graphs.flatMap(({ state }) => state).filter(({ input: x }) => isMatrix(x) && x.dtype === 'float32')
  const shapes = new Set(matrices.map(({ input: x }) => `${x.shape}`))
  const movedBy = (names: ReadonlySet<string>): number =>
    graphs.reduce((sum, graph) => sum + turnedBest(graph, names).moved, 0)
  let chosen = new Set<string>()
  if (shapes.size === 0) return chosen // a first state, say: nothing to count
  let least = movedBy(chosen)
  for (const shape of shapes) {
    const more = new Set([...chosen, ...matrices.filter((x) => `${x.input.shape}` === shape).map(({ name }) => name)])
    const moved = movedBy(more)
    if (moved < least) [chosen, least] = [more, moved]
  }
  return chosen
}
