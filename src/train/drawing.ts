import { gatherInputs, type ImageShape, imageShapeOf, type Samples, type Split } from '../data/index.js'
import { UserError } from '../errors.js'
import { reachable, sizeOf } from '../graph/index.js'
import { show } from '../graph/types.js'
import { unknownName } from '../names.js'
import { checkOptions } from '../options/index.js'
import type { AnyRule, Picture } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import type { TensorRecord } from '../runtime/program.js'
import { kindOf } from '../targets/index.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import { heldOutNoise } from './noise.js'
import type { Platform } from './platform.js'
import { taskOf } from './traced-plan.js'

/** Images that a network drew, row after row. */
export interface Drawing {
  readonly name: string
  readonly description: string
  /** Images in a row. */
  readonly columns: number
  readonly count: number
  readonly shape: ImageShape
  /** [count, C, H, W], pixels in [0, 1]. */
  readonly images: Float32Array
}

export interface DrawingOptions {
  /** Default: all that the rule has. */
  readonly names?: readonly string[]
  /** The images that a picture starts from. */
  readonly count: number
  /** Of the noise. */
  readonly seed: number
  /** The file of the checkpoint, for messages. */
  readonly where: string
}

/**
 * Lets the network of a checkpoint draw, from the first `count` images of what `splitOf` gives, which is asked for
 * where one of the pictures starts from images. Throws a UserError where its rule draws nothing, or not what was asked
 * for.
 */
export async function draw(
  rule: AnyRule,
  checkpoint: Checkpoint,
  splitOf: () => Promise<Split>,
  platform: Platform,
  { names, count, seed, where }: DrawingOptions,
): Promise<Drawing[]> {
  const { settings, samples } = checkpoint
  if (!imageShapeOf(samples.input))
    throw new UserError(
      `${where} reads inputs ${show(samples.input.shape)} that are no images: there is nothing to draw`,
    )
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const task = { ...(await taskOf(samples, settings.options, platform)), batch: count }
  const known: Readonly<Record<string, Picture<never>>> = rule.pictures?.(task, hyper) ?? {}
  const all = Object.keys(known)
  if (all.length === 0) throw new UserError(`${rule.id} draws no pictures`)
  for (const name of names ?? []) if (!known[name]) throw unknownName(`picture of ${rule.id}`, name, all)

  const traced = traceRule(rule, task, hyper)
  const pictures = (names ?? all).map((name) => ({ name, graph: traced.picture(name) }))
  const fromImages = pictures.some(({ graph }) => {
    const nodes = new Set(reachable(graph.metrics.map(({ output }) => output)))
    return graph.batch.some(({ name, input }) => (name === 'x' || name === 'target') && nodes.has(input.node))
  })
  const start: TensorRecord = fromImages
    ? firstOf(await splitOf(), count, samples)
    : { x: new Float32Array(count * sizeOf(samples.input.shape)) }
  const drawings: Drawing[] = []
  for (const { name, graph } of pictures) {
    checkState(statePorts(graph), checkpoint.state, where)
    const { device, threads } = settings.options
    const program = await platform.compile(graph, { device, ...(threads !== undefined && { threads }) })
    try {
      await program.load(stateRecord(checkpoint.state))
      const given = Object.entries(start).filter(([input]) => graph.batch.some((port) => port.name === input))
      const batch = Object.fromEntries(given.map(([input, data]) => [input, data.slice()]))
      const { metrics } = await program.run(1, { ...batch, ...heldOutNoise(graph.batch, seed, 0, 1) })
      const [drawn, channels, height, width] = graph.metrics[0]!.output.shape as [number, number, number, number]
      const { columns, description } = known[name]!
      const images = Float32Array.from(metrics.images!, (pixel) => Math.min(1, Math.max(0, pixel)))
      drawings.push({ name, description, columns, count: drawn, shape: [channels, height, width], images })
    } finally {
      await program.dispose()
    }
  }
  return drawings
}

/** The first `count` samples. Pictures of noise alone may want more than there are: those come again. */
function firstOf(split: Split, count: number, samples: Samples): TensorRecord {
  const rows = Uint32Array.from({ length: count }, (_, i) => i % split.count)
  const x = new Float32Array(sizeOf(samples.input.shape) * count)
  gatherInputs(samples, split, rows, x)
  const target = kindOf(samples.target)?.gather(split, rows, samples)
  return { x, ...(target && { target }) }
}
