import type { Split } from '../data/index.js'
import { gatherInputs, type Samples } from '../data/index.js'
import { sizeOf } from '../graph/types.js'
import type { StepGraph } from '../onnx/index.js'
import { byPlace, placeOf } from '../rules/figures.js'
import { newPace, observe, type Pace, type Program, stepsPerCall, type TensorRecord } from '../runtime/index.js'
import { type Breakdown, kindOf, type Tally, targetKind } from '../targets/index.js'
import type { Scores } from './events.js'
import { bytesPerStep, CALL_BYTES } from './feed.js'
import { heldOutNoise } from './noise.js'

/** A program that measures samples, what it reads, how many it takes at a time, and how often it was timed. */
export interface Predictor {
  readonly program: Program
  readonly inputs: StepGraph['batch']
  readonly batch: number
  /** What it reads, and what it says. */
  readonly samples: Samples
  /** Of the noise, if it reads some: the same in every measurement. */
  readonly seed: number
  pace: Pace
}

export const predictor = (own: Omit<Predictor, 'pace'>): Predictor => ({ ...own, pace: newPace() })

/** What samples give: scores [rows, K], of the network and of its parts, and `figures/NAME` [rows]. */
export interface Outputs {
  readonly first: number
  readonly rows: number
  /** By name; `scores` are those of the network. */
  readonly outputs: Readonly<Record<string, Float32Array>>
}

/** Predicts samples in their order, call after call. The last batch is filled up with its first sample. */
export async function* scoresOf(p: Predictor, split: Split): AsyncGenerator<Outputs> {
  const size = sizeOf(p.samples.input.shape)
  const longest = Math.max(1, Math.floor(CALL_BYTES / bytesPerStep(p.inputs)))
  const reads = (name: string): boolean => p.inputs.some((input) => input.name === name)
  const prepare = (first: number): { first: number; steps: number; batch: TensorRecord } => {
    const limit = Math.min(longest, Math.ceil((split.count - first) / p.batch))
    const steps = stepsPerCall(p.pace, limit, p.program.isComparing?.())
    const indices = Uint32Array.from({ length: steps * p.batch }, (_, i) =>
      first + i < split.count ? first + i : first,
    )
    const x = new Float32Array(indices.length * size)
    gatherInputs(p.samples, split, indices, x)
    const target = reads('target') && { target: targetKind(p.samples.target).gather(split, indices, p.samples) }
    return { first, steps, batch: { x, ...target, ...heldOutNoise(p.inputs, p.seed, first / p.batch, steps) } }
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

const [FIGURE, PART] = ['figures/', 'parts/']

/** Told what the network, or a part of it, says of samples: scores [rows, K], and their targets. */
export type Seen = (
  part: { readonly block?: string },
  scores: Float32Array,
  targets: ArrayLike<number>,
  rows: number,
) => void

/**
 * Measures a network on samples: what it and its parts say of the target, and means of the rule's own figures. Yields
 * the number of samples that are done; ends with undefined if the signal cut it short. `seen` is told what the network and
 * its parts say.
 */
export async function* measuring(
  p: Predictor,
  split: Split,
  { signal, seen }: { readonly signal?: AbortSignal | undefined; readonly seen?: Seen | undefined } = {},
): AsyncGenerator<number, Scores | undefined> {
  const kind = kindOf(p.samples.target)
  const sums = new Map<string, number>()
  const tallies = new Map<string, Tally>()
  for await (const { first, rows, outputs } of scoresOf(p, split)) {
    const places = Uint32Array.from({ length: rows }, (_, i) => first + i)
    const targets = kind?.gather(split, places, p.samples)
    for (const [name, own] of Object.entries(outputs)) {
      if (name.startsWith(FIGURE)) {
        let sum = sums.get(name) ?? 0
        for (let row = 0; row < rows; row++) sum += own[row]!
        sums.set(name, sum)
      } else if (kind) {
        if (!tallies.has(name)) tallies.set(name, kind.tally(p.samples))
        tallies.get(name)!.add(own, targets!, rows)
        seen?.(partOf(name), own, targets!, rows)
      }
    }
    if (signal?.aborted) return undefined
    yield first + rows
  }
  return byPlace([
    ...[...tallies].flatMap(([name, tally]) =>
      Object.entries(tally.figures()).map(([figure, value]) => [{ ...partOf(name), figure }, value] as const),
    ),
    ...[...sums].map(([name, sum]) => [placeOf(name.slice(FIGURE.length)), sum / split.count] as const),
  ])
}

/** The part of the network that an output is of; none of the network itself. */
const partOf = (output: string): { readonly block?: string } =>
  output.startsWith(PART) ? { block: output.slice(PART.length) } : {}

/** Scores of samples, and figures of each class or label where there are any. */
export interface Measured {
  readonly scores: Scores
  readonly breakdown?: Breakdown
}

/** Measures a network on samples to the end. */
export async function measure(p: Predictor, split: Split, seen?: Seen): Promise<Scores> {
  const steps = measuring(p, split, { seen })
  for (;;) {
    const { done, value } = await steps.next()
    if (done) return value!
  }
}

/** The same, with the figures of each class or label. */
export async function measured(p: Predictor, split: Split): Promise<Measured> {
  const own = kindOf(p.samples.target)?.breakdown?.(p.samples)
  const scores = await measure(p, split, ({ block }, ...said) => {
    if (block === undefined) own?.add(...said)
  })
  return { scores, ...(own && { breakdown: own.breakdown() }) }
}
