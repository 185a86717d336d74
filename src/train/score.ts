import type { Split } from '../data/index.js'
import { gatherInputs, type Samples } from '../data/index.js'
import { sizeOf } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { newPace, observe, type Pace, type Program, stepsPerCall, type TensorRecord } from '../runtime/index.js'
import { kindOf, type Tally, targetKind } from '../targets/index.js'
import type { Figures } from './events.js'
import { bytesPerStep, CALL_BYTES } from './feed.js'
import { heldOutNoise } from './noise.js'

/** A program that measures images, what it reads, how many images it takes at a time, and how often it was timed. */
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

/** What images give: class scores [rows, classes], of the network and of its parts, and `figures/NAME` [rows]. */
export interface Scores {
  readonly first: number
  readonly rows: number
  /** By name; `scores` are those of the network. */
  readonly outputs: Readonly<Record<string, Float32Array>>
}

/** Predicts images in their order, call after call. The last batch is filled up with its first image. */
export async function* scoresOf(p: Predictor, split: Split): AsyncGenerator<Scores> {
  const size = sizeOf(p.samples.input.shape)
  const longest = Math.max(1, Math.floor(CALL_BYTES / bytesPerStep(p.inputs)))
  const reads = (name: string): boolean => p.inputs.some((input) => input.name === name)
  const prepare = (first: number): { first: number; steps: number; batch: TensorRecord } => {
    const limit = Math.min(longest, Math.ceil((split.count - first) / p.batch))
    const steps = stepsPerCall(p.pace, limit)
    const indices = Uint32Array.from({ length: steps * p.batch }, (_, i) =>
      first + i < split.count ? first + i : first,
    )
    const x = new Float32Array(indices.length * size)
    gatherInputs(p.samples, split, indices, x)
    const target = reads('target') ? { target: targetKind(p.samples.target).gather(split, indices, p.samples) } : {}
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

/** What held-out samples say of a network. */
export interface Measured {
  /** Of what the network says of its target, by its kind; empty where the rule only generates. */
  readonly network: Figures
  /** The same of each part alone. */
  readonly parts: Readonly<Record<string, Figures>>
  /** Means of the rule's own figures. */
  readonly figures: Figures
}

const [FIGURE, PART] = ['figures/', 'parts/']

/** Measures a network on images; undefined if the signal cut it short. */
export async function measure(
  p: Predictor,
  split: Split,
  signal?: AbortSignal,
): Promise<Measured | undefined> {
  const kind = kindOf(p.samples.target)
  const sums: Record<string, number> = {}
  const tallies = new Map<string, Tally>()
  for await (const { first, rows, outputs } of scoresOf(p, split)) {
    const indices = Uint32Array.from({ length: rows }, (_, i) => first + i)
    const wanted = kind?.gather(split, indices, p.samples)
    for (const [name, own] of Object.entries(outputs)) {
      if (name.startsWith(FIGURE)) for (let row = 0; row < rows; row++) sums[name] = (sums[name] ?? 0) + own[row]!
      else if (kind && wanted) {
        if (!tallies.has(name)) tallies.set(name, kind.tally(p.samples))
        tallies.get(name)!.add(own, wanted, rows)
      }
    }
    if (signal?.aborted) return undefined
  }
  const said = [...tallies].map(([name, tally]): [string, Figures] => [name, tally.figures()])
  return {
    network: said.find(([name]) => name === 'scores')?.[1] ?? {},
    parts: Object.fromEntries(said.flatMap(([name, own]) => (name.startsWith(PART) ? [[name.slice(PART.length), own]] : []))),
    figures: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name.slice(FIGURE.length), sum / split.count])),
  }
}
