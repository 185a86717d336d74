import * as Plot from '@observablehq/plot'
import { drawPlot, type Maker, type PlotSize, seriesColour } from './plot.js'
import { tickText, wholeTicks } from './ticks.js'

/** A trial of a study, as it is drawn. */
export interface DrawnTrial {
  readonly number: number
  readonly state: 'complete' | 'pruned'
  readonly value: number
}

/** The value of every trial in its order, and the best so far as a line. */
export function drawHistory(
  maker: Maker,
  {
    name,
    trials,
    isBetter,
  }: { name: string; trials: readonly DrawnTrial[]; isBetter: (a: number, b: number) => boolean },
  size: PlotSize,
): string {
  let best: number | undefined
  const steps = trials.flatMap(({ number, value, state }) => {
    if (state !== 'complete') return []
    if (best === undefined || isBetter(value, best)) best = value
    return [{ number, best }]
  })
  return drawPlot(maker, name, size, {
    ...{ marginLeft: 46, marginTop: 14, marginBottom: 34 },
    x: {
      label: 'trial',
      ticks: wholeTicks(0, Math.max(...trials.map(({ number }) => number)), 6),
      tickFormat: tickText(),
    },
    y: { label: null, grid: true, nice: true, ticks: 6, tickFormat: tickText() },
    marks: [
      Plot.line(steps, { x: 'number', y: 'best', curve: 'step-after', stroke: seriesColour(1), strokeWidth: 2 }),
      Plot.dot(trials, {
        ...{ x: 'number', y: 'value', r: 3.2, stroke: seriesColour(0) },
        fill: ({ state }: DrawnTrial) => (state === 'complete' ? seriesColour(0) : 'none'),
        title: ({ number, value, state }: DrawnTrial) => `trial ${number}: ${value} (${state})`,
      }),
    ],
  })
}

/** Parts of a whole as bars, the largest first. */
export function drawBars(
  maker: Maker,
  { name, bars }: { name: string; bars: readonly { readonly name: string; readonly part: number }[] },
  width: number,
): string {
  const sorted = bars.toSorted((a, b) => b.part - a.part)
  return drawPlot(
    maker,
    name,
    { width, height: 24 + 34 * bars.length },
    {
      ...{ marginLeft: 12, marginRight: 40, marginTop: 4, marginBottom: 20 },
      x: { axis: null, domain: [0, Math.max(...bars.map(({ part }) => part), 1e-9)] },
      y: { domain: sorted.map((bar) => bar.name), axis: null, padding: 0 },
      marks: [
        Plot.barX(sorted, { x: 'part', y: 'name', fill: seriesColour(0), insetTop: 18, insetBottom: 6, rx: 2 }),
        Plot.text(sorted, { y: 'name', text: 'name', frameAnchor: 'left', dy: -8, fill: 'currentColor' }),
        Plot.text(sorted, {
          ...{ x: 'part', y: 'name', text: ({ part }: { part: number }) => `${Math.round(100 * part)} %` },
          ...{ textAnchor: 'start', dx: 5, dy: 6, fill: 'currentColor' },
        }),
      ],
    },
  )
}

/** An axis of settings: where each trial lies on it, from 0 to 1, and what its ends are. */
export interface DrawnAxis {
  readonly name: string
  readonly places: readonly (number | undefined)[]
  readonly low: string
  readonly high: string
}

/** Parallel coordinates: an axis in each row, a line for each trial, the better the stronger; `merit` from 0 to 1. */
export function drawParallel(
  maker: Maker,
  { name, axes, merits }: { name: string; axes: readonly DrawnAxis[]; merits: readonly number[] },
  width: number,
): string {
  const rows = merits.flatMap((merit, trial) =>
    axes.flatMap(({ places }, axis) =>
      places[trial] === undefined ? [] : [{ trial, merit, axis, x: places[trial]! }],
    ),
  )
  const sorted = rows.toSorted((a, b) => a.merit - b.merit)
  const ends = axes.flatMap(({ low, high }, axis) => [
    { axis, x: 0, text: low, anchor: 'start' as const },
    { axis, x: 1, text: high, anchor: 'end' as const },
  ])
  const best = Math.max(...merits)
  const isBest = ({ merit }: { merit: number }): boolean => merit === best
  const labels = (anchor: 'start' | 'end') =>
    Plot.text(
      ends.filter((end) => end.anchor === anchor),
      {
        x: 'x',
        y: 'axis',
        text: 'text',
        textAnchor: anchor,
        dy: 11,
        fontSize: 9,
        fill: 'currentColor',
        fillOpacity: 0.75,
        stroke: 'var(--plot-ground)',
        strokeWidth: 3,
      },
    )
  return drawPlot(
    maker,
    name,
    { width, height: 40 + 58 * axes.length },
    {
      ...{ marginLeft: 14, marginRight: 14, marginTop: 26, marginBottom: 20 },
      x: { domain: [0, 1], axis: null },
      y: { domain: [0, Math.max(1, axes.length - 1)], axis: null },
      opacity: { domain: [0, 1], range: [0.12, 0.9] },
      marks: [
        Plot.ruleY(
          axes.map((_, axis) => axis),
          { x1: 0, x2: 1, strokeOpacity: 0.4 },
        ),
        Plot.line(sorted, {
          ...{ x: 'x', y: 'axis', z: 'trial', strokeOpacity: 'merit', curve: 'bump-y' },
          stroke: (row) => (isBest(row) ? seriesColour(1) : seriesColour(0)),
          strokeWidth: (row) => (isBest(row) ? 2.5 : 1.2),
        }),
        Plot.text(axes, {
          ...{ x: 0, y: (_, i) => i, text: 'name', textAnchor: 'start', dy: -9, fontWeight: 600, fill: 'currentColor' },
          ...{ stroke: 'var(--plot-ground)', strokeWidth: 3 },
        }),
        labels('start'),
        labels('end'),
      ],
    },
  )
}

/** The values of trials over one setting. */
export function drawSlice(
  maker: Maker,
  {
    name,
    points,
    log,
    across,
  }: {
    name: string
    points: readonly { readonly x: number | string; readonly y: number; readonly isComplete: boolean }[]
    log: boolean
    across: string
  },
  size: PlotSize,
): string {
  const isOrdinal = points.some(({ x }) => typeof x === 'string')
  const shortened = (text: unknown): string =>
    String(text).length > 10 ? `${String(text).slice(0, 9)}…` : String(text)
  return drawPlot(maker, name, size, {
    ...{ marginLeft: 46, marginTop: 10, marginBottom: 36 },
    x: isOrdinal
      ? { type: 'point', label: across, tickFormat: shortened }
      : {
          label: across,
          ...(log ? { type: 'log', ...decades(points) } : { type: 'linear', ticks: 4, tickFormat: tickText() }),
        },
    y: { label: null, grid: true, nice: true, ticks: 5, tickFormat: tickText() },
    marks: [
      Plot.dot(points, {
        ...{ x: 'x', y: 'y', r: 3, stroke: seriesColour(0) },
        fill: ({ isComplete }: { isComplete: boolean }) => (isComplete ? seriesColour(0) : 'none'),
      }),
    ],
  })
}

/** Ticks of a logarithmic axis: powers of ten; where there are less than two of them, 2 and 5 between, or the ends. */
function decades(points: readonly { readonly x: number | string }[]) {
  const numbers = points.map(({ x }) => Number(x))
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const powers = Array.from({ length: 41 }, (_, i) => i - 20)
  const within = (factors: readonly number[]): number[] =>
    powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((x) => x >= low && x <= high)
  const ends = [low, high].map((x) => Number(x.toPrecision(3)))
  const ticks = [within([1]), within([1, 2, 5])].find(({ length }) => length > 1) ?? ends
  return { ticks, tickFormat: (x: number) => String(x) }
}
