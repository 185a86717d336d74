import { gatherInputs, imageShapeOf, type Split } from '../data/index.js'
import { UserError } from '../errors.js'
import { show, sizeOf } from '../graph/types.js'
import type { StepGraph } from '../onnx/index.js'
import { checkOptions } from '../options/index.js'
import type { AnyRule, Density } from '../rules/contract.js'
import { type GeneratorPart, traceRule } from '../rules/trace.js'
import type { TensorRecord } from '../runtime/index.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from '../train/checkpoint.js'
import { benchOf, highestOf } from '../train/judge.js'
import { heldOutNoise } from '../train/noise.js'
import type { Platform } from '../train/platform.js'
import { openPrograms } from '../train/programs.js'
import { taskOf } from '../train/traced-plan.js'

/** So many images, and what a network made for them: pixels in [0, 1], or a number each. */
export interface Drawn {
  readonly count: number
  readonly values: Float32Array
}

/** What a trained network makes of noise and of images, batch by batch. */
export interface Generating {
  readonly has: Readonly<Record<GeneratorPart, boolean>>
  /** Of what its log weights are; undefined where it has none. */
  readonly density?: Omit<Density<never>, 'logWeight'>
  /** Why it has none, where the rule says it. */
  readonly noDensity?: string
  /** Images from noise alone, `count` of them. The pixels are rounded to levels, as those of real images are. */
  samples(count: number, seed: number): AsyncGenerator<Drawn>
  /** The images in these rows of a split, encoded and decoded. */
  reconstructions(split: Split, rows: Uint32Array, seed: number): AsyncGenerator<Drawn>
  /** A log weight of each of the images in these rows; each `draw` has noise of its own. */
  logWeights(split: Split, rows: Uint32Array, seed: number, draw: number): AsyncGenerator<Drawn>
  close(): Promise<void>
}

/** Images that go through a network at a time. */
const BATCH = 200

const PARTS: readonly GeneratorPart[] = ['samples', 'reconstructions', 'logWeight']

/**
 * The network of a checkpoint as one that generates, to be closed after use. `most`: no more images will be asked for at a time.
 * Throws a UserError where its rule draws nothing, where it learned no images of grey levels, or where layers of it have
 * learned nothing.
 */
export async function openGenerating(
  rule: AnyRule,
  { settings, samples, state }: Checkpoint,
  platform: Platform,
  { where, most }: { readonly where: string; readonly most: number },
): Promise<Generating> {
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const { input } = samples
  if (!imageShapeOf(input) || input.levels === undefined)
    throw new UserError(
      `${where} reads inputs ${show(input.shape)} that are no images in levels: they cannot be judged`,
    )
  const batch = Math.min(BATCH, most)
  const task = { ...(await taskOf(samples, settings.options, platform)), batch }
  const bench = benchOf(rule, task, { ...settings, hyper }, rule.locality(task, hyper).blocks)
  const highest = highestOf(bench)
  if (highest !== undefined)
    throw new UserError(
      `${where} has learned up to ${bench.blocks[highest]} alone: train the layers above it, and judge the whole`,
    )
  const traced = traceRule(rule, task, hyper)
  const graphs = new Map(PARTS.map((part) => [part, traced.generator(part)]))
  const first = PARTS.find((part) => graphs.get(part))
  if (!first)
    throw new UserError(`${rule.id} makes no images, neither of noise nor of images: there is nothing to judge`)
  checkState(statePorts(graphs.get(first)!), state, where)
  const programs = await openPrograms(platform, settings.options, graphs.get(first)!)
  await programs.owner.load(stateRecord(state))
  const size = sizeOf(input.shape)
  const top = input.levels - 1

  /** `read`: of the images with these numbers; noise is keyed by the batch, counted from `firstBatch`. */
  async function* run(
    part: GeneratorPart,
    count: number,
    { seed, firstBatch = 0, rows, split }: Drawing,
  ): AsyncGenerator<Drawn> {
    const graph = graphs.get(part)!
    const program = part === first ? programs.owner : await programs.shared(part, graph)
    const own = sizeOf(graph.metrics[0]!.output.shape) / batch
    for (let done = 0; done < count; done += batch) {
      const inputs = inputsFor(graph, (x) => {
        // The last batch is filled up with its first image.
        const places = Uint32Array.from({ length: batch }, (_, i) => rows![done + i < count ? done + i : done]!)
        gatherInputs(samples, split!, places, x)
      })
      const noise = heldOutNoise(graph.batch, seed, firstBatch + done / batch, 1)
      const { metrics } = await program.run(1, { ...inputs, ...noise })
      const some = Math.min(batch, count - done)
      yield { count: some, values: (metrics[part] as Float32Array).subarray(0, some * own) }
    }
  }

  function inputsFor(graph: StepGraph, fill: (x: Float32Array) => void): TensorRecord {
    if (!graph.batch.some(({ name }) => name === 'x')) return {}
    const x = new Float32Array(batch * size)
    fill(x)
    return { x }
  }

  async function* images(drawn: AsyncGenerator<Drawn>): AsyncGenerator<Drawn> {
    for await (const { count, values } of drawn)
      yield { count, values: values.map((pixel) => Math.round(Math.min(1, Math.max(0, pixel)) * top) / top) }
  }

  const { density, noDensity } = rule.generator?.(task, hyper) ?? {}
  return {
    has: Object.fromEntries(PARTS.map((part) => [part, graphs.get(part) !== undefined])) as Generating['has'],
    ...(density && { density }),
    ...(noDensity !== undefined && { noDensity }),
    samples: (count, seed) => images(run('samples', count, { seed })),
    reconstructions: (split, rows, seed) => images(run('reconstructions', rows.length, { seed, rows, split })),
    logWeights: (split, rows, seed, draw) =>
      run('logWeight', rows.length, { seed, rows, split, firstBatch: draw * Math.ceil(rows.length / batch) }),
    close: () => programs.close(),
  }
}

interface Drawing {
  readonly seed: number
  readonly firstBatch?: number
  readonly rows?: Uint32Array
  readonly split?: Split
}
