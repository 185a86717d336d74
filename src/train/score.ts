import type { Split } from '../data/index.js'
import { gather } from '../data/index.js'
import { newPace, observe, type Pace, type Program, stepsPerCall } from '../runtime/index.js'
import type { Figures } from './events.js'
import { CALL_BYTES } from './feed.js'

/** A program that predicts, the number of images it takes at a time, and how often it was timed. */
export interface Predictor {
  readonly program: Program
  readonly batch: number
  readonly classes: number
  pace: Pace
}

export const predictor = (program: Program, batch: number, classes: number): Predictor => ({
  program,
  batch,
  classes,
  pace: newPace(),
})

/** Class scores [rows, classes], of the network and of each layer that can say something alone. */
export interface Scores {
  readonly first: number
  readonly rows: number
  readonly scores: Float32Array
  readonly layers: Readonly<Record<string, Float32Array>>
}

/** Predicts images in their order, call after call. The last batch is filled up with its first image. */
export async function* scoresOf(p: Predictor, split: Split, maximum: number): AsyncGenerator<Scores> {
  const size = split.images.length / split.count
  const longest = Math.max(1, Math.floor(CALL_BYTES / (4 * size * p.batch)))
  const prepare = (first: number): { first: number; steps: number; x: Float32Array } => {
    const limit = Math.min(longest, Math.ceil((split.count - first) / p.batch))
    const steps = stepsPerCall(p.pace, limit)
    const indices = Uint32Array.from({ length: steps * p.batch }, (_, i) =>
      first + i < split.count ? first + i : first,
    )
    const x = new Float32Array(indices.length * size)
    gather(split, indices, maximum, x)
    return { first, steps, x }
  }
  let next = split.count > 0 ? prepare(0) : undefined
  while (next) {
    const { first, steps, x } = next
    const running = p.program.run(steps, { x })
    const after = first + steps * p.batch
    next = after < split.count ? prepare(after) : undefined
    const { metrics, seconds } = await running
    p.pace = observe(p.pace, steps, seconds)
    const { scores, ...layers } = metrics as Record<string, Float32Array>
    yield { first, rows: Math.min(after, split.count) - first, scores: scores!, layers }
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

export interface Accuracy {
  readonly accuracy: number
  /** Of each layer alone. */
  readonly layers: Figures
}

/** The share of images whose label scores highest; undefined if the signal cut it short. */
export async function accuracyOf(
  p: Predictor,
  split: Split,
  maximum: number,
  signal?: AbortSignal,
): Promise<Accuracy | undefined> {
  const right: Record<string, number> = {}
  for await (const { first, rows, scores, layers } of scoresOf(p, split, maximum)) {
    for (const [name, own] of Object.entries({ scores, ...layers })) {
      right[name] ??= 0
      for (let row = 0; row < rows; row++) if (best(own, row, p.classes) === split.labels[first + row]) right[name]++
    }
    if (signal?.aborted) return undefined
  }
  const shares = Object.entries(right).map(([name, count]): [string, number] => [name, count / split.count])
  const { scores, ...layers } = Object.fromEntries(shares)
  return { accuracy: scores!, layers }
}
