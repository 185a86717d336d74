import { reachable } from '../graph/gradient.js'
import type { Tensor } from '../graph/tensor.js'
import { sizeOf } from '../graph/types.js'
import { type Device, Emitter, valueInfo } from './emitter.js'
import { multiplyAdds } from './fused.js'
import { changes, emitSums, model, type OnnxProgram, ports, STEPS, type StepGraph } from './program.js'

/** How many steps make one turn of the loop: the first of these whose nodes, of all its steps, are no more than given. */
const TURNS = [
  { together: 8, nodes: 4000 },
  { together: 4, nodes: 6000 },
]
const LARGE_STATE = 2 ** 18

/**
 * How many steps make one turn. The state that a turn begins with is not its own to overwrite, what one of its steps
 * leaves to the next one is: so, where the state is large (in elements), fewer numbers go through memory. The price is a
 * graph of so many times the nodes.
 */
function stepsTogether({ state, metrics }: StepGraph): number {
  const size = state.filter(changes).reduce((sum, { input }) => sum + sizeOf(input.shape), 0)
  const nodes = reachable([...state, ...metrics].map(({ output }) => output))
  if (size < LARGE_STATE || nodes.some(({ op }) => op === 'loop')) return 1
  return TURNS.find((turn) => turn.together * nodes.length <= turn.nodes)?.together ?? 1
}

/**
 * Many steps a call, as ONNX Loops that carry the state: the binding copies every output of a call, so the state comes
 * back once. Batch inputs are stacked, [steps, ...], and so are the metrics; `steps` is an int64 scalar. Besides the
 * outputs of `lowerStep`: the sum of each float32 state tensor at the end, named with `sum.` before. `inOnePass` says that
 * the engine rounds z + c x in one pass as it rounds a product and then a sum.
 */
export function lowerLoop(graph: StepGraph, device: Device, inOnePass: boolean): OnnxProgram {
  const named = ports(graph)
  const emitter = new Emitter(device)
  const { state, batch, metrics } = graph
  const changing = state.filter(changes)
  for (const { name, input } of state) emitter.bind(input, name)
  const outState = changing.map(({ name }) => `out.${name}`)
  const outMetrics = metrics.map(({ name }) => `metric.${name}`)
  const all: Turns = {
    count: STEPS,
    together: 1,
    inOnePass: inOnePass && emitter.tuned,
    state: changing.map(({ name }) => name),
  }
  const together = stepsTogether(graph)
  if (together === 1) emitLoop(emitter, graph, all, outState, outMetrics)
  else {
    // At least one step is left for a second loop: with none it would copy the state.
    const size = emitter.scalar(together, 'int64')
    const count = emitter.one('Div', [emitter.one('Sub', [STEPS, emitter.scalar(1, 'int64')]), size])
    const first = emitter.one('Mul', [count, size])
    const between = changing.map(() => emitter.fresh('state'))
    const [most, rest] = [metrics.map(() => emitter.fresh('most')), metrics.map(() => emitter.fresh('rest'))]
    emitLoop(emitter, graph, { ...all, count, together }, between, most)
    const left: Turns = { ...all, count: emitter.one('Sub', [STEPS, first]), first, state: between }
    emitLoop(emitter, graph, left, outState, rest)
    for (const [i, name] of outMetrics.entries()) emitter.raw('Concat', [most[i]!, rest[i]!], [name], { axis: 0 })
  }
  const sums = emitSums(emitter, named.state, ({ name, changes }) => (changes ? `out.${name}` : name))
  const bytes = model(
    emitter,
    [
      valueInfo(STEPS, 'int64', []),
      ...state.map(({ name, input }) => valueInfo(name, input.dtype, input.shape)),
      ...batch.map(({ name, input }) => valueInfo(name, input.dtype, [STEPS, ...input.shape])),
    ],
    [
      ...changing.map(({ name, output }) => valueInfo(`out.${name}`, output.dtype, output.shape)),
      ...metrics.map(({ name, output }) => valueInfo(`metric.${name}`, output.dtype, [STEPS, ...output.shape])),
      ...sums,
    ],
  )
  return { bytes, looped: true, ...named }
}

/** Turns of a loop, by the names of what they are given. */
interface Turns {
  readonly count: string
  /** Steps in each. */
  readonly together: number
  readonly inOnePass: boolean
  /** Steps before the first turn; without it, none. */
  readonly first?: string
  /** The state that changes, as the first turn finds it. */
  readonly state: readonly string[]
}

/** One Loop; the state that changes and the metrics of all its steps, stacked, get the names given last. */
function emitLoop(emitter: Emitter, graph: StepGraph, turns: Turns, outState: string[], outMetrics: string[]): void {
  const { count, together, inOnePass, first } = turns
  const changing = graph.state.filter(changes)
  // What a turn begins with and what it ends with have their own places: only between them is anything overwritten.
  const steps =
    together === 1 || !inOnePass
      ? Array<StepGraph>(together).fill(graph)
      : [multiplyAdds(graph, false), ...Array<StepGraph>(together - 2).fill(multiplyAdds(graph, true)), graph]
  const body = emitter.graph(() => {
    const iteration = emitter.fresh('iteration')
    const goOn = emitter.fresh('condition')
    const carried = changing.map(() => emitter.fresh('carried'))
    const place = together === 1 ? iteration : emitter.one('Mul', [iteration, emitter.scalar(together, 'int64')])
    const series = graph.metrics.map((): string[] => [])
    let now = carried
    for (const [k, own] of steps.entries()) {
      const next = own.state.filter(changes)
      const before = k === 0 ? first : emitter.scalar(k, 'int64')
      const step = before === undefined ? place : emitter.one('Add', [place, before])
      now = emitter.once(() => {
        for (const [i, { input }] of changing.entries()) emitter.bind(input, now[i]!)
        for (const { name, input } of graph.batch) emitter.bind(input, emitter.one('Gather', [name, step], { axis: 0 }))
        emitter.emit(
          [...next, ...own.metrics].map(({ output }) => output),
          undefined,
        )
        for (const [i, { output }] of own.metrics.entries()) series[i]!.push(emitter.name(output))
        return next.map(({ output }) => emitter.name(output))
      })
    }
    const names = emitter.outputs([...now, ...series.flat()])
    const states = changing.map(({ output }) => output)
    const rows = graph.metrics.flatMap(({ output }) => Array<Tensor>(together).fill(output))
    return {
      input: [
        valueInfo(iteration, 'int64', []),
        valueInfo(goOn, 'bool', []),
        ...changing.map(({ input }, i) => valueInfo(carried[i]!, input.dtype, input.shape)),
      ],
      output: [
        valueInfo(emitter.one('Identity', [goOn]), 'bool', []),
        ...[...states, ...rows].map(({ dtype, shape }, i) => valueInfo(names[i]!, dtype, shape)),
      ],
    }
  })
  const made = outMetrics.map((name) =>
    together === 1 ? [name] : Array.from({ length: together }, () => emitter.fresh('metric')),
  )
  emitter.raw('Loop', [count, emitter.scalar(1, 'bool'), ...turns.state], [...outState, ...made.flat()], { body })
  if (together === 1) return
  // The k-th steps of all turns lie in one tensor: put side by side, then in the order of the steps.
  const besides = (name: string): string => emitter.one('Unsqueeze', [name, emitter.int64s([1])])
  for (const [i, { output }] of graph.metrics.entries()) {
    const joined = emitter.one('Concat', made[i]!.map(besides), { axis: 1 })
    emitter.raw('Reshape', [joined, emitter.int64s([-1, ...output.shape])], [outMetrics[i]!])
  }
}
