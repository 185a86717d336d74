import * as Plot from '@observablehq/plot'
import { drawPlot, type Maker, type PlotSize, seriesColour } from './plot.js'

export interface Scatter {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** The class of each point, by its number; absent where there are none. */
  readonly classes?: ArrayLike<number>
  readonly names: readonly string[]
}

/** Of more classes none is written beside its points. */
const NAMED = 20

/** Samples as points, each class in its colour and with its name where its points are on average. */
export function drawScatter(maker: Maker, { name, points, classes, names }: Scatter, size: PlotSize): string {
  const rows = points.map(([x, y], i) => ({ x, y, of: classes?.[i] ?? 0 }))
  const middle = (own: typeof rows, axis: 'x' | 'y'): number => median(own.map((row) => row[axis]))
  const labels = names.slice(0, NAMED).flatMap((text, of) => {
    const own = rows.filter((row) => row.of === of)
    return own.length === 0 ? [] : [{ text, of, x: middle(own, 'x'), y: middle(own, 'y') }]
  })
  const colour = ({ of }: { of: number }): string => seriesColour(of)
  return drawPlot(maker, name, size, {
    ...{ margin: 6, inset: 6, x: { axis: null }, y: { axis: null } },
    marks: [
      Plot.frame({ strokeOpacity: 0.15 }),
      Plot.dot(rows, { x: 'x', y: 'y', fill: colour, r: 1.8, fillOpacity: 0.75 }),
      ...(classes && names.length <= NAMED
        ? [
            Plot.text(labels, {
              ...{ x: 'x', y: 'y', text: 'text', fill: colour, fontSize: 14, fontWeight: 700 },
              ...{ stroke: 'var(--plot-ground)', strokeWidth: 4, strokeLinejoin: 'round' },
            }),
          ]
        : []),
    ],
  })
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
