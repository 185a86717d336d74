import { interpret, type Shape, type Tensor, value } from '../../src/graph/index.js'
import { FLOAT32, type Precision } from '../../src/nn/index.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { stream } from '../../src/random/stream.js'
import type { Task } from '../../src/rules/contract.js'
import { classesOf, taskFor } from '../../src/rules/task.js'
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

/** The values of a graph's state and metrics in float64. */
export function evaluate(graph: StepGraph, state: Numbers, batch: Numbers): { state: Numbers; metrics: Numbers } {
  const bindings = new Map(
    [...graph.state, ...graph.batch].map(({ name, input }) => [input, value(input, state[name] ?? batch[name]!)]),
  )
  const outputs = [...graph.state, ...graph.metrics]
  const values = interpret(
    outputs.map(({ output }) => output),
    bindings,
  )
  const named = outputs.map(({ name }, i): [string, number[]] => [name, Array.from(values[i]!.data)])
  const count = graph.state.length
  return { state: Object.fromEntries(named.slice(0, count)), metrics: Object.fromEntries(named.slice(count)) }
}

/** The first state of a rule. */
export const initialState = ({ init }: TracedRule, seed = 1): Numbers =>
  evaluate(init, {}, plain(initialNoise(init.batch, seed))).metrics

/** A made-up batch: uniform pixels, labels that take turns, noise of its own. `k`: the number of the batch. */
export function batchFor({ batch }: StepGraph, task: Task, k = 0): Numbers {
  const pixels = new Float32Array(batch.find(({ name }) => name === 'x')?.input.size ?? 0)
  stream(7, k, 'pixels').uniform(pixels)
  const labels = Array.from({ length: task.batch }, (_, i) => (i + k) % classesOf(task))
  const given: Numbers = { x: Array.from(pixels), target: labels, progress: [k / 10] }
  const asked = Object.fromEntries(batch.filter(({ name }) => given[name]).map(({ name }) => [name, given[name]!]))
  return { ...asked, ...plain(stepNoise(batch, 7, k, 1)) }
}

/** The first axis of a flat array: `count` rows of equal length. */
export const rowsOf = (flat: readonly number[], count: number): number[][] =>
  Array.from({ length: count }, (_, i) => flat.slice((i * flat.length) / count, ((i + 1) * flat.length) / count))

export const shapeOf = (ports: readonly { name: string; output: Tensor }[], name: string): readonly number[] =>
  ports.find((port) => port.name === name)!.output.shape
