import { showFigure } from '../cli/train/table.js'
import { type Curve, drawCurves } from '../draw/curves.js'
import { type Maker, seriesColour } from '../draw/plot.js'
import { SHARES } from '../targets/index.js'
import type { Criterion, ProgressEvent, Scores, StartEvent } from '../train/events.js'
import { epochsOf, type Recorded } from '../train/history.node.js'
import { figureOf } from '../train/judge.js'
import { type Cells, figure, legend, type Markup } from './page.js'

/** How large plots are: a column of a wide page, or a whole narrow one. */
export const SIZE = { width: 358, height: 236 }

/** Of more blocks so many are drawn, spread over all. */
const BLOCKS = 8
/** Of more figures only so many are drawn. */
const FIGURES = 8
/** Rows of a table: of more epochs some are left out. */
const ROWS = 60

/** A run whose curves lie over those of others. */
export interface Learned {
  readonly label: string
  readonly events: readonly Recorded[]
  readonly criterion: Criterion
  readonly colour: number
}

const isShare = (figure: string): boolean => figure === 'separation' || SHARES.includes(figure)

/** The figure that all are judged by, over epochs and over time, a curve for each run. */
export function comparedCurves(maker: Maker, runs: readonly Learned[]): Markup[] {
  const [{ criterion }] = runs as [Learned]
  const title = `Held-out ${wordsOf(criterion)} over`
  const names = distinctLegend(runs)
  const overlay = (across: 'epochs' | 'seconds', text: string): Markup[] => {
    const curves = runs.flatMap(({ label, events, colour }): Curve[] => {
      const points = pointsOf(events, across, (scores) => figureOf(criterion, scores))
      return points.length === 0 ? [] : [{ name: label, points, colour, strong: runs.length < 6 }]
    })
    if (curves.length === 0) return []
    const shares = isShare(criterion.figure)
    const words = across === 'epochs' ? 'epochs' : 'time'
    const picture = drawCurves(
      maker,
      { name: `${title} ${words}: ${endsOf(curves, shares)}`, across, curves, shares },
      SIZE,
    )
    const cells = across === 'epochs' ? { cells: cellsOf('epoch', curves, criterion.figure) } : {}
    return [figure({ title: `${title} ${words}`, text, legend: names, picture, ...cells })]
  }
  return [
    ...overlay('epochs', 'Of training samples that are held out; the test samples are read once, at the end.'),
    ...overlay('seconds', 'The same over the time of the epochs.'),
  ]
}

/** A run alone: what was held out over epochs and time, and what its steps measured, a curve for each layer. */
export function runCurves(maker: Maker, events: readonly Recorded[], criterion: Criterion): Markup[] {
  const start = events.find((event): event is StartEvent & Recorded => event.event === 'start')
  const meaning = (name: string): string | undefined => start?.figures?.[name]
  const epochs = epochsOf(events)
  const held = figuresIn(epochs.flatMap(({ validation }) => (validation ? [validation] : [])))
  const first = held.toSorted((a, b) => Number(b === criterion.figure) - Number(a === criterion.figure))
  const overEpochs = first.slice(0, FIGURES).map((name): Markup => {
    const curves = curvesOf(
      epochs.flatMap(({ validation }, i) => (validation ? [[i + 1, validation] as const] : [])),
      name,
    )
    return curvesFigure(maker, `Held-out ${name} over epochs`, 'epochs', curves, name, {
      row: 'epoch',
      text: meaning(name),
    })
  })
  let seconds = 0
  const timed = epochs.flatMap(({ validation, seconds: own }) => {
    seconds += own
    return validation ? [[seconds, validation] as const] : []
  })
  const overTime = curvesOf(timed, criterion.figure)
  const each = start?.batchesPerEpoch ?? 1
  const steps = events.filter((event): event is ProgressEvent & Recorded => event.event === 'progress')
  const measured = steps.map(({ step, metrics }) => [step / each, metrics] as const)
  const inTraining = figuresIn(measured.map(([, metrics]) => metrics))
    .slice(0, FIGURES)
    .map((name) =>
      curvesFigure(maker, `Training ${name}`, 'epochs', curvesOf(measured, name), name, { text: meaning(name) }),
    )
  return [
    ...overEpochs.slice(0, 1),
    ...(overTime.length > 0
      ? [curvesFigure(maker, `Held-out ${criterion.figure} over time`, 'seconds', overTime, criterion.figure)]
      : []),
    ...inTraining,
    ...overEpochs.slice(1),
  ]
}

function curvesFigure(
  maker: Maker,
  title: string,
  across: string,
  curves: readonly Curve[],
  name: string,
  { row, text }: { readonly row?: string; readonly text?: string | undefined } = {},
): Markup {
  const shares = isShare(name)
  return figure({
    title,
    ...(text !== undefined && { text }),
    legend: legend(curves.map((curve) => ({ ...curve, colour: seriesColour(curve.colour) }))),
    picture: drawCurves(maker, { name: `${title}: ${endsOf(curves, shares)}`, across, curves, shares }, SIZE),
    ...(row !== undefined && { cells: cellsOf(row, curves, name) }),
  })
}

/** The names of all figures in scores, of the network or of blocks. */
const figuresIn = (all: readonly Scores[]): string[] => [
  ...new Set(
    all.flatMap(({ network = {}, blocks = {} }) =>
      [network, ...Object.values(blocks)].flatMap((own) => Object.keys(own)),
    ),
  ),
]

/** A curve of one figure for the network and for each block. */
function curvesOf(rows: readonly (readonly [x: number, scores: Scores])[], name: string): Curve[] {
  const blocks = [...new Set(rows.flatMap(([, scores]) => Object.keys(scores.blocks ?? {})))]
  const some = spread(blocks.filter((block) => rows.some(([, { blocks: own }]) => own?.[block]?.[name] !== undefined)))
  const curve = (label: string, colour: number, of: (scores: Scores) => number | undefined, strong = false): Curve => ({
    ...{ name: label, colour, strong },
    points: rows.flatMap(([x, scores]) => {
      const value = of(scores)
      return value === undefined || value === null ? [] : [[x, value] as const]
    }),
  })
  return [
    ...some.map((block, i) => curve(block, i + 1, ({ blocks: own }) => own?.[block]?.[name])),
    curve('network', 0, ({ network }) => network?.[name], true),
  ].filter(({ points }) => points.length > 0)
}

function spread(blocks: readonly string[]): readonly string[] {
  if (blocks.length <= BLOCKS) return blocks
  const places = Array.from({ length: BLOCKS }, (_, i) => Math.round((i * (blocks.length - 1)) / (BLOCKS - 1)))
  return places.map((place) => blocks[place]!)
}

function pointsOf(
  events: readonly Recorded[],
  across: 'epochs' | 'seconds',
  of: (scores: Scores) => number | undefined,
): (readonly [number, number])[] {
  let seconds = 0
  return epochsOf(events).flatMap(({ validation, seconds: own }, i) => {
    seconds += own
    const value = validation && of(validation)
    return value === undefined || value === null ? [] : [[across === 'epochs' ? i + 1 : seconds, value] as const]
  })
}

const wordsOf = ({ block, figure: name }: Criterion): string => (block === undefined ? name : `${name} of ${block}`)

/** Where curves end, in words: "layer 0 97.60 %, network 97.65 %". */
const endsOf = (curves: readonly Curve[], shares: boolean): string =>
  curves
    .map(
      ({ name, points }) =>
        `${name} ends at ${showFigure(shares ? 'accuracy' : 'value', points.at(-1)?.[1] ?? Number.NaN)}`,
    )
    .join(', ')

function cellsOf(across: string, curves: readonly Curve[], name: string): Cells {
  const places = [...new Set(curves.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b)
  const every = Math.ceil(places.length / ROWS)
  const some = places.filter((_, i) => i % every === 0 || i === places.length - 1)
  const at = ({ points }: Curve, place: number): string => {
    const value = points.find(([x]) => x === place)?.[1]
    return value === undefined ? '' : showFigure(name, value)
  }
  return {
    head: [across, ...curves.map((curve) => curve.name)],
    rows: some.map((place) => [String(place), ...curves.map((curve) => at(curve, place))]),
  }
}

/** Runs of one colour have one entry. */
function distinctLegend(runs: readonly Learned[]): Markup {
  const entries = new Map(runs.map(({ label, colour }) => [colour, label]))
  return legend([...entries].map(([colour, name]) => ({ name, colour: seriesColour(colour), strong: true })))
}
