import * as Plot from '@observablehq/plot'
import { drawPlot, type Maker, seriesColour } from './plot.js'
import { tickText } from './ticks.js'

export interface IntervalRow {
  readonly name: string
  readonly mean: number
  /** Of the mean, 95 %; absent for one number. */
  readonly interval?: readonly [low: number, high: number]
  /** The single numbers. */
  readonly values: readonly number[]
  readonly colour: number
}

const ROW = 46

/** Means with their intervals, a row each, and the single numbers as ticks; `zero`: differences, around a line at 0. */
export function drawIntervals(
  maker: Maker,
  { name, rows, shares, zero = false }: { name: string; rows: readonly IntervalRow[]; shares: boolean; zero?: boolean },
  width: number,
): string {
  const scale = shares ? 100 : 1
  const own = rows.map((row, i) => ({
    ...{ ...row, i, mean: scale * row.mean },
    ...{ low: scale * (row.interval?.[0] ?? row.mean), high: scale * (row.interval?.[1] ?? row.mean) },
  }))
  const single = rows.flatMap(({ values, colour }, i) => values.map((value) => ({ i, value: scale * value, colour })))
  const stroke = ({ colour }: { colour: number }): string => seriesColour(colour)
  return drawPlot(
    maker,
    name,
    { width, height: 40 + ROW * rows.length },
    {
      ...{ marginLeft: 12, marginRight: 18, marginTop: 8, marginBottom: 30 },
      x: {
        label: null,
        grid: true,
        nice: true,
        ticks: 5,
        tickFormat: tickText(shares ? ' %' : ''),
      },
      y: { domain: rows.map((_, i) => i), axis: null, padding: 0 },
      marks: [
        ...(zero ? [Plot.ruleX([0], { strokeOpacity: 0.6 })] : []),
        Plot.tickX(single, { x: 'value', y: 'i', stroke, strokeOpacity: 0.45, insetTop: 24, insetBottom: 10 }),
        Plot.ruleY(own, { x1: 'low', x2: 'high', y: 'i', stroke, strokeWidth: 3, strokeLinecap: 'round', dy: 6 }),
        Plot.dot(own, { x: 'mean', y: 'i', fill: stroke, r: 5, dy: 6 }),
        Plot.text(own, {
          ...{ y: 'i', text: 'name', frameAnchor: 'left', dy: -11, fontWeight: 600, fill: 'currentColor' },
          // The line at 0 may run behind the name.
          ...{ stroke: 'var(--plot-ground)', strokeWidth: 3 },
        }),
      ],
    },
  )
}
