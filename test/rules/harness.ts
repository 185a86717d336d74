import { interpret, type Shape, type Tensor, value } from '../../src/graph/index.js'
import { FLOAT32, type Precision } from '../../src/nn/index.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { stream } from '../../src/random/stream.js'
import type { Task } from '../../src/rules/contract.js'
import { taskFor } from '../../src/rules/task.js'
import type { TracedRule } from '../../src/rules/trace.js'
import { initialNoise, stepNoise } from '../../src/train/noise.js'

/** Numbers by name. */
export type Numbers = Readonly<Record<string, readonly number[]>>

/** Four images of 4 x 4 grey pixels, of three classes. */
export const taskOf = (other: SmallTask = {}): Task => {
  const { shape, classes, batch, precision } = { shape: [1, 4, 4], classes: 3, batch: 4, precision: FLOAT32, ...other }
  return taskFor({ input: { shape, levels: 256 }, target: { kind: 'class', count: classes } }, { batch, precision })
}

/** What a test may say of a task on images with one class each. */
export interface SmallTask {
  readonly shape?: Shape
  readonly classes?: number
  readonly batch?: number
  readonly precision?: Precision
}

const plain = (record: Readonly<Record<string, ArrayLike<number>>>): Numbers =>
  Object.fromEntries(Object.entries(record).map(([name, data]) => [name, Array.from(data)]))

/** The values of some of a graph's outputs in float64. */
function interpreted(graph: StepGraph, outputs: StepGraph['metrics'], state: Numbers, batch: Numbers): Numbers {
  const bindings = new Map(
    [...graph.state, ...graph.batch].map(({ name, input }) => [input, value(input, state[name] ?? batch[name]!)]),
  )
  const values = interpret(
    outputs.map(({ output }) => output),
    bindings,
  )
  return Object.fromEntries(outputs.map(({ name }, i) => [name, Array.from(values[i]!.data)]))
}

/** A graph's state and metrics in float64, each computed when it is asked for: a loss needs no gradients. */
export function evaluate(graph: StepGraph, state: Numbers, batch: Numbers): { state: Numbers; metrics: Numbers } {
  const known: { state?: Numbers; metrics?: Numbers } = {}
  return {
    get state() {
      known.state ??= interpreted(graph, graph.state, state, batch)
      return known.state
    },
    get metrics() {
      known.metrics ??= interpreted(graph, graph.metrics, state, batch)
      return known.metrics
    },
  }
}

/** One number of a step's metrics, and nothing computed that it does not need. */
export function metricOf(graph: StepGraph, name: string, state: Numbers, batch: Numbers): number {
  return interpreted(
    graph,
    graph.metrics.filter((metric) => metric.name === name),
    state,
    batch,
  )[name]![0]!
}

/** The first state of a rule; one that asks for a sample of the data sees made-up pixels. */
export const initialState = ({ init }: TracedRule, seed = 1): Numbers =>
  evaluate(init, {}, { x: pixelsFor(init, 0), ...plain(initialNoise(init.batch, seed)) }).metrics

/** Uniform pixels for the input `x` of a graph; none where it has no such input. */
function pixelsFor({ batch }: StepGraph, k: number): number[] {
  const pixels = new Float32Array(batch.find(({ name }) => name === 'x')?.input.size ?? 0)
  stream(7, k, 'pixels').uniform(pixels)
  return Array.from(pixels)
}

/** A made-up batch: uniform pixels, labels that take turns, noise of its own. `k`: the number of the batch. */
export function batchFor(graph: StepGraph, task: Task, k = 0): Numbers {
  const { batch } = graph
  const rows = Uint32Array.from({ length: task.batch }, (_, i) => k * task.batch + i)
  const given: Numbers = { x: pixelsFor(graph, k), target: targetFor(task, k), progress: [k / 10] }
  const asked = Object.fromEntries(batch.filter(({ name }) => given[name]).map(({ name }) => [name, given[name]!]))
  return { ...asked, ...plain(stepNoise(batch, 7, k, 1, 1, rows)) }
}

/** Classes that take turns, labels of which each second one holds, or values on a wave. */
function targetFor({ target, batch }: Task, k: number): number[] {
  if (target.kind === 'none') return []
  if (target.kind === 'class') return Array.from({ length: batch }, (_, i) => (i + k) % target.count)
  const numbers = Array.from({ length: batch * target.count }, (_, i) => i + k)
  return target.kind === 'labels' ? numbers.map((i) => i % 2) : numbers.map(Math.sin)
}

/** The first axis of a flat array: `count` rows of equal length. */
export const rowsOf = (flat: readonly number[], count: number): number[][] =>
  Array.from({ length: count }, (_, i) => flat.slice((i * flat.length) / count, ((i + 1) * flat.length) / count))

export const shapeOf = (ports: readonly { name: string; output: Tensor }[], name: string): readonly number[] =>
  ports.find((port) => port.name === name)!.output.shape
