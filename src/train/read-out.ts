import { gatherInputs, outputCount, type Samples, type Split } from '../data/index.js'
import { input, sizeOf } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { accumulate, type Moments, type Multiply, noMoments } from '../readout/moments.js'
import { type Chosen, chooseRidge } from '../readout/ridge.js'
import type { AnyRule, Task } from '../rules/contract.js'
import { readOutOf } from '../rules/read-out.js'
import type { TracedRule } from '../rules/trace.js'
import { targetKind } from '../targets/index.js'
import { frozenFeatures } from './features.js'
import type { Settings } from './options.js'
import type { Programs } from './programs.js'

/** Solves the read-out of a rule (see `ReadOut`): sums over samples, of which those of several machines add up. */
export interface ReadOutSolver {
  /** What a training learns from. */
  readonly training: Split
  /** Of which the best on held-out samples is taken; one alone is taken as it is. */
  readonly lambdas: readonly number[]
  /** Each sample is read as so many views, of which each counts. */
  readonly views: number
  /** The names of its weights and constants in the state, and their numbers of rows and columns. */
  readonly weight: string
  readonly bias: string
  readonly features: number
  readonly targets: number
  /**
   * The sums over samples, by the network as it is now. Yields the number of samples that are done; ends with undefined
   * if the signal cut it short. `products`: the precision of the products of features; what is to be the same however
   * samples are parted takes `float64`, which is slower.
   */
  gather(
    split: Split,
    signal?: AbortSignal,
    products?: 'float32' | 'float64',
  ): AsyncGenerator<number, Moments | undefined>
  /**
   * Solves it, and puts it into the state. `heldOut` is needed where there are several lambdas to choose from. Throws a
   * UserError where there are no samples, or where they are too few for so small a lambda.
   */
  solve(learned: Moments, heldOut?: Moments): Promise<Chosen>
}

/** Rows whose products are summed in float32, before they go to sums in float64. */
const ROWS = 1024
/** Columns of one product of features with features. */
const COLUMNS = 2048

export interface Solving {
  readonly rule: AnyRule
  readonly data: Samples
  readonly training: Split
  readonly settings: Settings
  readonly task: Task
  readonly traced: TracedRule
  readonly programs: Programs
}

export function readOutSolver({ rule, data, training, settings, task, traced, programs }: Solving): ReadOutSolver {
  const { weight, bias, ...readOut } = readOutOf(rule, settings.hyper)!
  const lambdas: readonly number[] = readOut.lambdas(settings.hyper)
  const { batch } = settings.options
  const graph = traced.readOut!.features
  const [, views, size] = graph.metrics[0]!.output.shape as [number, number, number]
  const classes = outputCount(task.target)
  /** Whole batches of images, about as many as give a block of rows. */
  const room = batch * Math.max(1, Math.floor(ROWS / (views * batch)))
  const width = sizeOf(task.input.shape)

  return {
    training,
    lambdas,
    ...{ views, weight, bias, features: size, targets: classes },
    async *gather(split, signal, products = 'float32') {
      const read = async (places: Uint32Array): Promise<Float32Array> => {
        const x = new Float32Array(places.length * width)
        gatherInputs(data, split, places, x)
        return x
      }
      const compute = frozenFeatures(graph, await programs.shared('read-out', graph), read, batch)
      const multiply = products === 'float32' ? multiplyBy(programs, room * views, Math.min(size, COLUMNS)) : undefined
      let sums = noMoments(size, classes)
      for (let first = 0; first < split.count; first += room) {
        if (signal?.aborted) return undefined
        const count = Math.min(room, split.count - first)
        // The last batch is filled up with the first sample of the block.
        const filled = Math.ceil(count / batch) * batch
        const places = Uint32Array.from({ length: filled }, (_, i) => (i < count ? first + i : first))
        const x = (await compute(places, 0)).subarray(0, count * views * size)
        const targets = targetKind(task.target).gather(split, places.subarray(0, count), data)
        const y = new Float64Array(count * views * classes)
        for (let row = 0; row < count * views; row++) y[row * classes + targets[Math.floor(row / views)]!] = 1
        sums = await accumulate(sums, { x, y }, multiply)
        yield first + count
      }
      return sums
    },
    async solve(learned, heldOut) {
      const chosen = chooseRidge(learned, heldOut, lambdas)
      const state = await programs.owner.read()
      const solved = { [weight]: Float32Array.from(chosen.weight), [bias]: Float32Array.from(chosen.bias) }
      await programs.owner.load({ ...state, ...solved })
      return chosen
    },
  }
}

/** Products of columns, by a program of its own. What has fewer rows is filled up with zeros. */
function multiplyBy(programs: Programs, rows: number, mostColumns: number): Multiply {
  const graphOf = (own: number, other: number): StepGraph => {
    const port = (name: string, columns: number) =>
      ({ name, input: input({ name, kind: 'data', shape: [rows, columns], dtype: 'float32' }) }) as const
    const [a, b] = [port('a', own), port('b', other)]
    return {
      state: [],
      batch: [a, b],
      metrics: [{ name: 'product', output: a.input.matmul(b.input, { transposeA: true }) }],
    }
  }
  const filled = (x: Float32Array, columns: number): Float32Array => {
    const whole = new Float32Array(rows * columns)
    whole.set(x)
    return whole
  }
  return {
    mostColumns,
    async product(a, b, own, other) {
      const program = await programs.shared(`products ${rows} ${own} ${other}`, graphOf(own, other))
      const { metrics } = await program.run(1, { a: filled(a, own), b: filled(b, other) })
      return metrics.product as Float32Array
    },
  }
}
