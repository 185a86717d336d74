import * as Plot from '@observablehq/plot'
import { drawPlot, type Maker, type PlotSize, seriesColour } from './plot.js'
import { tickText, wholeTicks } from './ticks.js'

export interface Curve {
  readonly name: string
  /** [x, y], x rising. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** The number of its colour; curves of one colour belong together. */
  readonly colour: number
  /** The whole network: drawn above the others, and stronger. */
  readonly strong?: boolean
}

export interface Curves {
  /** What is seen, in words. */
  readonly name: string
  /** What the axis below counts: epochs, seconds. */
  readonly across: string
  readonly curves: readonly Curve[]
  /** Values are shares of a whole: read in per cent. */
  readonly shares?: boolean
}

/** Of longer curves neighbours are averaged. */
const MOST_POINTS = 160
/** Points so few are drawn as dots, too. */
const DOTS = 20

/** Values over epochs, steps or seconds, a line for each curve. */
export function drawCurves(maker: Maker, { name, across, curves, shares = false }: Curves, size: PlotSize): string {
  const ordered = curves.toSorted((a, b) => Number(a.strong ?? false) - Number(b.strong ?? false))
  const rows = ordered.flatMap(({ points, ...curve }, z) =>
    thinned(points).map(([x, y]) => ({ ...curve, z, x, y: shares ? 100 * y : y })),
  )
  const longest = Math.max(...curves.map(({ points }) => points.length))
  const stroke = (row: { colour: number }): string => seriesColour(row.colour)
  return drawPlot(maker, name, size, {
    marginLeft: 46,
    marginRight: 12,
    marginTop: 14,
    marginBottom: 34,
    x: { label: across, ...ticksOf(across, rows), insetLeft: 2, insetRight: 6 },
    y: {
      ...{ label: null, grid: true, nice: true, ticks: 6, ...around(rows.map(({ y }) => y)) },
      tickFormat: tickText(shares ? ' %' : ''),
    },
    marks: [
      Plot.line(rows, {
        ...{ x: 'x', y: 'y', z: 'z', stroke },
        strokeWidth: (row: { strong?: boolean }) => (row.strong ? 2.25 : 1.25),
        strokeLinejoin: 'round',
      }),
      ...(longest <= DOTS ? [Plot.dot(rows, { x: 'x', y: 'y', fill: stroke, r: 2.25 })] : []),
    ],
  })
}

/** Values that are all equal have an axis around them: a plot of one epoch has one point. */
function around(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = 0.1 * Math.abs(low) || 1
  return low === high ? { domain: [low - room, low + room], ticks: 3 } : {}
}

/** Of what is counted whole numbers, about six; where all lies below two, and of seconds, as it comes. */
function ticksOf(across: string, rows: readonly { readonly x: number }[]) {
  const [least, most] = [Math.min(...rows.map(({ x }) => x)), Math.max(...rows.map(({ x }) => x))]
  // One place alone stands in the middle.
  if (least === most)
    return { domain: [0, 2 * most || 1], ticks: [most], tickFormat: (x: number) => String(Number(x.toPrecision(3))) }
  if (across === 'seconds' || most < 2) return { ticks: 5, tickFormat: tickText() }
  return { ticks: wholeTicks(least, most, 6), tickFormat: tickText() }
}

/** Curves with at most so many points, each the mean of neighbours; values that are no finite numbers are left out. */
function thinned(points: Curve['points']): Curve['points'] {
  const finite = points.filter(([, y]) => Number.isFinite(y))
  if (finite.length <= MOST_POINTS) return finite
  return Array.from({ length: MOST_POINTS }, (_, i) => {
    const [from, to] = [i, i + 1].map((k) => Math.floor((k * finite.length) / MOST_POINTS)) as [number, number]
    const some = finite.slice(from, to)
    const mean = (axis: 0 | 1): number => some.reduce((sum, point) => sum + point[axis], 0) / some.length
    return [mean(0), mean(1)] as const
  })
}
