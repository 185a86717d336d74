import type { Split } from '../data/index.js'
import { gather } from '../data/index.js'
import type { StepGraph } from '../onnx/index.js'
import { newPace, observe, type Pace, type Program, stepsPerCall, type TensorRecord } from '../runtime/index.js'
import type { Figures } from './events.js'
import { bytesPerStep, CALL_BYTES } from './feed.js'
import { heldOutNoise } from './noise.js'

/** A program that measures images, what it reads, how many images it takes at a time, and how often it was timed. */
export interface Predictor {
  readonly program: Program
  readonly inputs: StepGraph['batch']
  readonly batch: number
  readonly classes: number
  /** Of the noise, if it reads some: the same in every measurement. */
  readonly seed: number
  pace: Pace
}

export const predictor = (own: Omit<Predictor, 'pace'>): Predictor => ({ ...own, pace: newPace() })

/** What images give: class scores [rows, classes], of the network and of each layer, and `figures.NAME` [rows]. */
export interface Scores {
  readonly first: number
  readonly rows: number
  /** By name; `scores` are those of the network. */
  readonly outputs: Readonly<Record<string, Float32Array>>
}

/** Predicts images in their order, call after call. The last batch is filled up with its first image. */
export async function* scoresOf(p: Predictor, split: Split, maximum: number): AsyncGenerator<Scores> {
  const size = split.images.length / split.count
  const longest = Math.max(1, Math.floor(CALL_BYTES / bytesPerStep(p.inputs)))
  const reads = (name: string): boolean => p.inputs.some((input) => input.name === name)
  const prepare = (first: number): { first: number; steps: number; batch: TensorRecord } => {
    const limit = Math.min(longest, Math.ceil((split.count - first) / p.batch))
    const steps = stepsPerCall(p.pace, limit, p.program.isComparing?.())
    const indices = Uint32Array.from({ length: steps * p.batch }, (_, i) =>
      first + i < split.count ? first + i : first,
    )
    const x = new Float32Array(indices.length * size)
    gather(split, indices, maximum, x)
    const labels = reads('labels') ? { labels: Int32Array.from(indices, (i) => split.labels[i]!) } : {}
    return { first, steps, batch: { x, ...labels, ...heldOutNoise(p.inputs, p.seed, first / p.batch, steps) } }
  }
  let next = split.count > 0 ? prepare(0) : undefined
  while (next) {
    const { first, steps, batch } = next
    const running = p.program.run(steps, batch)
    const after = first + steps * p.batch
    next = after < split.count ? prepare(after) : undefined
    const { metrics, seconds } = await running
    p.pace = observe(p.pace, steps, seconds)
    yield { first, rows: Math.min(after, split.count) - first, outputs: metrics as Record<string, Float32Array> }
  }
}

/** The place of the largest of `classes` scores, the first of equals; -1 if one is not a number. */
export function best(scores: Float32Array, row: number, classes: number): number {
  let place = 0
  for (let k = 0; k < classes; k++) {
    const score = scores[row * classes + k]!
    if (Number.isNaN(score)) return -1
    if (score > scores[row * classes + place]!) place = k
  }
  return place
}

/** What held-out images say of a network. */
export interface Measured {
  /** The share of images whose label scores highest; absent where the rule only generates. */
  readonly accuracy?: number
  /** That of each layer alone. */
  readonly layers: Figures
  /** Means of the rule's own figures. */
  readonly figures: Figures
}

const FIGURE = 'figures.'

/** Measures a network on images; undefined if the signal cut it short. */
export async function measure(
  p: Predictor,
  split: Split,
  maximum: number,
  signal?: AbortSignal,
): Promise<Measured | undefined> {
  const sums: Record<string, number> = {}
  for await (const { first, rows, outputs } of scoresOf(p, split, maximum)) {
    for (const [name, own] of Object.entries(outputs)) {
      let sum = sums[name] ?? 0
      if (name.startsWith(FIGURE)) for (let row = 0; row < rows; row++) sum += own[row]!
      else for (let row = 0; row < rows; row++) if (best(own, row, p.classes) === split.labels[first + row]) sum++
      sums[name] = sum
    }
    if (signal?.aborted) return undefined
  }
  const means = Object.entries(sums).map(([name, sum]): [string, number] => [name, sum / split.count])
  const { scores, ...layers } = Object.fromEntries(means.filter(([name]) => !name.startsWith(FIGURE)))
  const figures = means.flatMap(([name, mean]): [string, number][] =>
    name.startsWith(FIGURE) ? [[name.slice(FIGURE.length), mean]] : [],
  )
  return { ...(scores !== undefined && { accuracy: scores }), layers, figures: Object.fromEntries(figures) }
}
