import { gatherInputs, type ImageShape, imageShapeOf, type Samples, type Split } from '../data/index.js'
import { drawChart } from '../draw/chart.js'
import { type Decision, drawDecisions } from '../draw/decision.js'
import type { Raster } from '../draw/raster.js'
import { UserError } from '../errors.js'
import { reachable, type Shape, sizeOf } from '../graph/index.js'
import { show } from '../graph/types.js'
import { unknownName } from '../names.js'
import type { StepGraph } from '../onnx/index.js'
import { checkOptions } from '../options/index.js'
import type { AnyRule, Chart, Drawable, DrawnNames, Labelled, Task } from '../rules/contract.js'
import { OF_LABELS, traceRule } from '../rules/trace.js'
import type { TensorRecord } from '../runtime/program.js'
import { best } from '../targets/best.js'
import { kindOf } from '../targets/index.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import { heldOutNoise } from './noise.js'
import type { Platform } from './platform.js'
import { taskOf } from './traced-plan.js'

/** Images that a network drew, row after row; a chart or the picture of its decisions is one image alone. */
export interface Drawing {
  readonly name: string
  readonly description: string
  /** The images that it starts from, in words; absent where it starts from none. */
  readonly from?: string
  /** Images in a row. */
  readonly columns: number
  readonly rowNames?: readonly string[]
  readonly columnNames?: readonly string[]
  readonly count: number
  readonly shape: ImageShape
  /** [count, C, H, W], pixels in [0, 1]. */
  readonly images: Float32Array
  /** Of a chart: its numbers, a list for each row, and what they are. */
  readonly chart?: Omit<Chart<never>, 'description' | 'values'> & { readonly rows: readonly (readonly number[])[] }
  /** Of the picture of decisions: the numbers in it. */
  readonly decisions?: readonly Decision[]
}

/** Images that pictures start from, and where they come from, in words: 'held-out training images'. */
export interface Shown {
  readonly split: Split
  readonly from: string
}

/** The part that a picture starts from; what is held out is of the training images, and they themselves where nothing is. */
export function shownOf(
  { train, validation, test }: Readonly<Record<'train' | 'validation' | 'test', Split>>,
  part: 'held-out' | 'test',
): Shown {
  if (part === 'test' && test.count > 0) return { split: test, from: 'the first test images' }
  if (validation.count > 0) return { split: validation, from: 'the first held-out training images' }
  return { split: train, from: 'the first training images' }
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

/** The picture of how a network decides; every rule has it whose input holds the label. */
const DECISION = 'decision'
/** So many images it shows: more are too small to be read. */
const DECIDED = 4

/** What the network of a rule can draw: the names of its pictures, and what each shows. */
export function drawables(rule: AnyRule, task: Task, hyper: unknown): Readonly<Record<string, string>> {
  if (!imageShapeOf(task.input)) return {}
  const own: Readonly<Record<string, Drawable<never>>> = rule.pictures?.(task, hyper) ?? {}
  const all = Object.entries(own).map(([name, { description }]) => [name, description])
  const labelled = rule.labelled?.(task, hyper)
  return Object.fromEntries(labelled ? [...all, [DECISION, decisionText(labelled)]] : all)
}

const decisionText = ({ where }: Labelled<never>): string =>
  `how the network decides: each image goes up with every label; ${where}. Bars: goodness with the true label (positive) and ` +
  'with the likeliest false one (negative). Cells: goodness with every label, dark is large; the last row decides. Green: the ' +
  'true label; orange: what the network says instead'

/**
 * Lets the network of a checkpoint draw, from the first `count` images of what `shownOf` gives, which is asked for
 * where one of the pictures starts from images: test images for the picture of its decisions, held-out ones for all others.
 * Throws a UserError where its rule draws nothing, or not what was asked for.
 */
export async function draw(
  rule: AnyRule,
  checkpoint: Checkpoint,
  shownOf: (part: 'held-out' | 'test') => Promise<Shown>,
  platform: Platform,
  { names, count, seed, where }: DrawingOptions,
): Promise<Drawing[]> {
  const { settings, samples, state } = checkpoint
  if (!imageShapeOf(samples.input))
    throw new UserError(
      `${where} reads inputs ${show(samples.input.shape)} that are no images: there is nothing to draw`,
    )
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const task = { ...(await taskOf(samples, settings.options, platform)), batch: count }
  const known = drawables(rule, task, hyper)
  const all = Object.keys(known)
  if (all.length === 0) throw new UserError(`${rule.id} draws no pictures with these settings`)
  for (const name of names ?? []) if (known[name] === undefined) throw unknownName(`picture of ${rule.id}`, name, all)

  const own: Readonly<Record<string, Drawable<never>>> = rule.pictures?.(task, hyper) ?? {}
  const traced = traceRule(rule, task, hyper)
  const decisive = { ...task, batch: Math.min(count, DECIDED) }
  const drawings: Drawing[] = []
  for (const name of names ?? all) {
    const drawable = own[name]
    const graph = drawable ? traced.picture(name) : traceRule(rule, decisive, hyper).labelled()!
    const batch = drawable ? count : decisive.batch
    const shown = readsImages(graph) ? await shownOf(drawable ? 'held-out' : 'test') : undefined
    const start = shown && firstOf(shown.split, batch, samples)
    const metrics = await run(graph, start ?? { x: new Float32Array(batch * sizeOf(samples.input.shape)) })
    const drawn = drawable
      ? drawingOf(drawable, graph.metrics[0]!.output.shape, metrics, classNamesOf(samples, batch, start?.target))
      : decisionsOf(graph, metrics, samples, start!.target as Int32Array)
    drawings.push({ name, description: known[name]!, ...(shown && { from: shown.from }), ...drawn })
  }
  return drawings

  async function run(graph: StepGraph, start: TensorRecord): Promise<Numbers> {
    checkState(statePorts(graph), state, where)
    const { device, threads } = settings.options
    const program = await platform.compile(graph, { device, ...(threads !== undefined && { threads }) })
    try {
      await program.load(stateRecord(state))
      const given = Object.entries(start).filter(([input]) => graph.batch.some((port) => port.name === input))
      const batch = Object.fromEntries(given.map(([input, data]) => [input, data.slice()]))
      const { metrics } = await program.run(1, { ...batch, ...heldOutNoise(graph.batch, seed, 0, 1) })
      return metrics as Numbers
    } finally {
      await program.dispose()
    }
  }
}

type Numbers = Readonly<Record<string, Float32Array>>
type Drawn = Omit<Drawing, 'name' | 'description' | 'from'>

/** Whether a graph reads samples, and is not fed any for their shape alone. */
function readsImages({ batch, metrics }: StepGraph): boolean {
  const nodes = new Set(reachable(metrics.map(({ output }) => output)))
  return batch.some(({ name, input }) => (name === 'x' || name === 'target') && nodes.has(input.node))
}

/** The first `count` samples. Pictures of noise alone may want more than there are: those come again. */
function firstOf(split: Split, count: number, samples: Samples): TensorRecord {
  const rows = Uint32Array.from({ length: count }, (_, i) => i % split.count)
  const x = new Float32Array(sizeOf(samples.input.shape) * count)
  gatherInputs(samples, split, rows, x)
  const target = kindOf(samples.target)?.gather(split, rows, samples)
  return { x, ...(target && { target }) }
}

/** What images are called: their classes, or their numbers where they have none. */
const classNamesOf = ({ target, names }: Samples, count: number, targets?: ArrayLike<number>): string[] =>
  Array.from({ length: count }, (_, i) =>
    target.kind === 'class' && targets ? (names[targets[i]!] ?? `${targets[i]}`) : `image ${i + 1}`,
  )

function drawingOf(drawable: Drawable<never>, shape: Shape, metrics: Numbers, imageNames: readonly string[]): Drawn {
  if ('draw' in drawable) {
    const [count, channels, height, width] = shape as [number, number, number, number]
    const { columns, rowNames, columnNames } = drawable
    const names = (own: DrawnNames): readonly string[] => (own === 'images' ? imageNames : own)
    return {
      ...{ columns, count, shape: [channels, height, width] },
      ...(rowNames && { rowNames: names(rowNames).slice(0, Math.ceil(count / columns)) }),
      ...(columnNames && { columnNames: names(columnNames) }),
      images: Float32Array.from(metrics.images!, (pixel) => Math.min(1, Math.max(0, pixel))),
    }
  }
  const [rows, points] = shape as [number, number]
  const { description, values: _, ...words } = drawable
  const own = (row: number): number[] => Array.from(metrics.values!.subarray(row * points, (row + 1) * points))
  return {
    ...imageOf(drawChart(words, metrics.values!, points)),
    chart: { ...words, rows: Array.from({ length: rows }, (_, row) => own(row)) },
  }
}

/** The decisions of a network about images whose labels stand in its input. */
function decisionsOf(graph: StepGraph, metrics: Numbers, { names }: Samples, targets: Int32Array): Drawn {
  const [, , ...shape] = graph.metrics.find(({ name }) => name === 'inputs')!.output.shape
  const labels = names.length
  const of = (metric: Float32Array, image: number): number[] =>
    Array.from(metric.subarray(image * labels, (image + 1) * labels))
  const decisions = Array.from(targets, (right, image): Decision => {
    const scores = of(metrics.scores!, image)
    const goodness = Object.entries(metrics).flatMap(([name, values]) =>
      name.startsWith(OF_LABELS) ? [[name.slice(OF_LABELS.length), of(values, image)] as const] : [],
    )
    const wrong = best(scores.with(right, Number.NEGATIVE_INFINITY))
    return { right, said: best(scores), wrong, goodness: Object.fromEntries(goodness), scores }
  })
  const raster = drawDecisions({ decisions, inputs: metrics.inputs!, shape: shape as unknown as ImageShape, names })
  return { ...imageOf(raster), decisions }
}

/** A raster as one image. */
function imageOf({ width, height, data }: Raster): Drawn {
  const images = new Float32Array(data.length)
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) images[c * width * height + i] = data[3 * i + c]! / 255
  return { columns: 1, count: 1, shape: [3, height, width], images }
}
