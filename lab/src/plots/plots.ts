import { axisX, axisY, cell, type Data, dot, gridY, line, plot, text } from '@observablehq/plot'
import { tickText, wholeTicks } from '../../../src/draw/ticks.js'
import type { EpochDone } from '../session/protocol.js'
import type { Curve } from '../state/history.js'

/** The element class of `lab/build/policy.mjs`: the page lets in the style of this class and no other. */
const CLASS = 'plot'
const STYLE = {
  background: 'none',
  color: 'var(--soft)',
  fontFamily: 'inherit',
  fontSize: '11.5px',
  overflow: 'visible',
}

/** Colours of lines, by the number of a series. */
export const colourOf = (i: number): string => `var(--series-${(i % 6) + 1})`

const nameOf = ({ block }: Pick<Curve, 'block'>): string => block ?? 'network'

export const seriesOf = (curves: readonly Curve[]): string[] => [...new Set(curves.map(nameOf))]

/** A line of more points looks the same, and takes longer. */
const MOST_POINTS = 120

/** Points at equal distances, the last one among them. */
export function seen<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / MOST_POINTS)
  return points.filter((_, i) => (points.length - 1 - i) % every === 0)
}

interface Axes {
  readonly width: number
  readonly height: number
  readonly x: string
  readonly percent?: boolean
}

/** A line for each block, and one for the network, which is thicker. */
export function curvesPlot(curves: readonly Curve[], { width, height, x, percent = false }: Axes): Element {
  const names = seriesOf(curves)
  const points = curves.flatMap((curve) =>
    seen(curve.points).map(({ step, value }) => ({ step, value: percent ? 100 * value : value, name: nameOf(curve) })),
  )
  const own = (name: string) =>
    points.filter((point) => point.name === name) as unknown as Data & { readonly length: number }
  const steps = points.map(({ step }) => step)
  const ticks = wholeTicks(Math.min(...steps), Math.max(...steps), 6)
  return plot({
    ...{ className: CLASS, style: STYLE, width, height },
    ...{ marginLeft: 44, marginRight: 10, marginTop: 8, marginBottom: 26 },
    x: { label: null, nice: false },
    y: {
      label: null,
      nice: true,
      ...(percent ? { domain: percentDomain(points.map(({ value }) => value)) } : { domain: mostOf(points) }),
    },
    marks: [
      gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 4 }),
      axisY({ ticks: 4, tickSize: 0, tickFormat: tickText() }),
      axisX({ ...{ ticks, tickSize: 0, tickFormat: tickText() }, label: x, labelAnchor: 'right', labelArrow: 'none' }),
      ...names.map((name, i) =>
        line(own(name), {
          x: 'step',
          y: 'value',
          stroke: name === 'network' ? 'var(--ink)' : colourOf(i),
          strokeWidth: name === 'network' ? 2.4 : 1.7,
          strokeLinejoin: 'round',
          clip: true,
        }),
      ),
      ...names.flatMap((name, i) =>
        own(name).length > 1
          ? []
          : [dot(own(name), { x: 'step', y: 'value', r: 3, fill: name === 'network' ? 'var(--ink)' : colourOf(i) })],
      ),
    ],
  })
}

/** What most of the points lie in: the first steps of a training may lie far above all others. */
function mostOf(points: readonly { readonly step: number; readonly value: number }[]): [number, number] {
  const values = points.map(({ value }) => value).sort((a, b) => a - b)
  const at = (part: number): number => values[Math.min(values.length - 1, Math.floor(part * values.length))] ?? 0
  const [low, high] = [at(0), points.length > 60 ? at(0.95) : at(1)]
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

/** To the full hundred, from a round number below the lowest. */
function percentDomain(values: readonly number[]): [number, number] {
  const low = Math.min(100, ...values)
  return [Math.max(0, Math.min(90, Math.floor(low / 10) * 10)), 100]
}

/** Rows are true classes; the right ones stand on the diagonal. */
export function confusionPlot(
  { classes, counts }: NonNullable<EpochDone['confusion']>,
  names: readonly string[],
  side: number,
): Element {
  const cells = Array.from(counts, (count, i) => {
    const [row, column] = [Math.floor(i / classes), i % classes]
    let all = 0
    for (let k = 0; k < classes; k++) all += counts[row * classes + k]!
    return { row: names[row], column: names[column], count, part: all === 0 ? 0 : count / all, right: row === column }
  })
  return plot({
    ...{ className: CLASS, style: STYLE, width: side, height: side, padding: 0.06 },
    ...{ marginLeft: 22, marginTop: 22, marginRight: 2, marginBottom: 2 },
    x: { label: null, tickSize: 0, axis: 'top', domain: [...names] },
    y: { label: null, tickSize: 0, domain: [...names] },
    marks: [
      cell(cells, {
        x: 'column',
        y: 'row',
        rx: 3,
        fill: (own: { right: boolean }) => (own.right ? 'var(--accent)' : 'var(--above)'),
        fillOpacity: (own: { part: number; right: boolean }) =>
          own.part === 0 ? 0.04 : own.right ? 0.15 + 0.75 * own.part : 0.25 + 2.5 * own.part,
      }),
      text(
        cells.filter((own) => own.count > 0 && !own.right),
        { x: 'column', y: 'row', text: 'count', fill: 'var(--ink)', fontSize: 10 },
      ),
    ],
  })
}
