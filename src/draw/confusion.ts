import * as Plot from '@observablehq/plot'
import { drawPlot, type Maker, type PlotSize } from './plot.js'

export interface ConfusionPicture {
  readonly name: string
  readonly classes: readonly string[]
  /** Samples of each true class (rows) that are taken for each class (columns). */
  readonly counts: readonly (readonly number[])[]
}

/** Of more classes there is no room for numbers and names. */
const NUMBERED = 16

/** A confusion matrix: the darker a cell, the larger its share of the true class; what is right has a colour of its own. */
export function drawConfusion(maker: Maker, { name, classes, counts }: ConfusionPicture, width: number): string {
  const isNumbered = classes.length <= NUMBERED
  const cells = counts.flatMap((row, from) => {
    const all = row.reduce((sum, n) => sum + n, 0)
    return row.map((n, to) => ({ from, to, n, share: all === 0 ? 0 : n / all, right: from === to }))
  })
  const short = (k: number): string => shortened(classes[k]!, 9)
  const long = isNumbered && classes.some((own) => own.length > 3)
  const left = isNumbered ? (long ? 68 : 34) : 12
  const [top, right] = [long ? 62 : 34, long ? 28 : 8]
  const side = (width - left - right) / classes.length
  const size: PlotSize = { width, height: Math.round(top + side * classes.length + 8) }
  const shown = isNumbered ? cells : cells.filter(({ n }) => n > 0)
  const ticks = { tickSize: 0, tickFormat: short, tickPadding: 4 }
  return drawPlot(maker, name, size, {
    ...{ marginLeft: left, marginRight: right, marginTop: top, marginBottom: 8, padding: isNumbered ? 0.06 : 0 },
    x: { domain: [...classes.keys()], axis: null },
    y: { domain: [...classes.keys()], axis: null },
    opacity: { domain: [0, 1], range: [0.07, 1] },
    marks: [
      Plot.cell(shown, {
        ...{ x: 'to', y: 'from', rx: isNumbered ? 3 : 0 },
        fill: ({ right }: { right: boolean }) => (right ? 'var(--plot-right)' : 'var(--plot-wrong)'),
        // Few are wrong: the root makes them seen.
        fillOpacity: ({ n, share, right }) => (n === 0 ? 0 : right ? share : Math.sqrt(share)),
        title: ({ from, to, n }: Cell) => `${n} of ${classes[from]} taken for ${classes[to]}`,
      }),
      ...(isNumbered
        ? [
            Plot.text(
              shown.filter(({ n }) => n > 0),
              {
                ...{ x: 'to', y: 'from', text: ({ n }: Cell) => String(n), fontSize: side < 24 ? 8 : 10 },
                fill: ({ share, right }: Cell) => (right && share > 0.45 ? 'var(--plot-ink)' : 'currentColor'),
              },
            ),
            Plot.axisX({
              anchor: 'top',
              label: 'taken for →',
              labelAnchor: 'left',
              ...ticks,
              tickRotate: long ? -45 : 0,
            }),
            Plot.axisY({ anchor: 'left', label: null, ...ticks }),
          ]
        : []),
    ],
  })
}

type Cell = {
  readonly from: number
  readonly to: number
  readonly n: number
  readonly share: number
  readonly right: boolean
}

const shortened = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)
