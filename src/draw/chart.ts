import type { Chart } from '../rules/contract.js'
import { lineHeight, textWidth } from './letters.js'
import { blank, fill, INK, type Raster, RULED, SOFT, seriesPaint, stroke, write } from './raster.js'
import { tickFormat, ticksOf, wholeTicks } from './ticks.js'

/** What a chart of numbers shows, in words. */
export type ChartWords = Omit<Chart<never>, 'description' | 'values'>

const SIZE = 2
const [WIDTH, HEIGHT, ROW_HEIGHT] = [760, 380, 26]
const [AXIS, GAP, THICK] = [2, 10, 4]

/** Draws numbers [rows, points], row after row: a curve, or a row of a map, for each. */
export function drawChart(words: ChartWords, values: ArrayLike<number>, points: number): Raster {
  return words.kind === 'curves' ? drawCurves(words, values, points) : drawMap(words, values, points)
}

const rowOf = (values: ArrayLike<number>, row: number, points: number): number[] =>
  Array.from({ length: points }, (_, i) => values[row * points + i]!)

function drawCurves({ names, across, up, range, lines = [] }: ChartWords, values: ArrayLike<number>, points: number) {
  const all = Array.from(values).filter(Number.isFinite)
  const [low, high] = range ?? roomAround(Math.min(...all), Math.max(...all))
  const ticks = ticksOf(low, high, 5)
  const format = tickFormat(ticks)
  const left = GAP + Math.max(...ticks.map((tick) => textWidth(format(tick), SIZE)))
  const top = lineHeight(SIZE) + GAP
  const right = Math.max(0, ...[...names, ...lines.map(({ name }) => name)].map((name) => textWidth(name, SIZE))) + GAP
  const raster = blank(left + WIDTH + GAP + right, top + HEIGHT + 2 * lineHeight(SIZE) + 2 * GAP)
  const y = (value: number): number => Math.round(top + (HEIGHT * (high - value)) / (high - low))
  const x = (i: number): number => left + (points === 1 ? WIDTH / 2 : (WIDTH * i) / (points - 1))

  write(raster, up, { left: 0, top: 0, size: SIZE, colour: SOFT })
  for (const tick of ticks) {
    fill(raster, { left, top: y(tick), width: WIDTH, height: 1 }, RULED)
    write(raster, format(tick), { left: left - GAP, top: y(tick) - 3 * SIZE, size: SIZE, anchor: 'end' })
  }
  for (const { at } of lines) fill(raster, { left, top: y(at) - 1, width: WIDTH, height: AXIS }, SOFT)
  fill(raster, { left, top: y(low), width: WIDTH, height: AXIS }, INK)
  writeAcross(raster, across, points, x, top + HEIGHT + GAP)
  const ends = [
    ...names.map((name, i) => ({ name, at: values[(i + 1) * points - 1]!, colour: seriesPaint(i) })),
    ...lines.map(({ name, at }) => ({ name, at, colour: SOFT })),
  ].sort((a, b) => b.at - a.at)
  for (const [i] of names.entries()) {
    const own = rowOf(values, i, points).flatMap((value, k) =>
      Number.isFinite(value) ? [[x(k), y(value)] as const] : [],
    )
    stroke(raster, own, seriesPaint(i), THICK)
  }
  // Names stand where their curves end, but never over each other.
  let free = 0
  for (const { name, at, colour } of ends) {
    const place = Math.max(free, Math.min(top + HEIGHT, Number.isFinite(at) ? y(at) : top) - 4 * SIZE)
    write(raster, name, { left: left + WIDTH + GAP, top: place, size: SIZE, colour })
    free = place + lineHeight(SIZE)
  }
  return raster
}

function drawMap({ names, across, up, decades }: ChartWords, values: ArrayLike<number>, points: number): Raster {
  const rows = values.length / points
  const each = rows / names.length
  const high = Math.max(2, Math.round((ROW_HEIGHT * Math.min(16, rows)) / rows))
  const wide = Math.max(1, Math.round(WIDTH / points))
  const left = GAP + Math.max(...names.map((name) => textWidth(name, SIZE)))
  const top = lineHeight(SIZE) + GAP
  const between = each > 1 ? GAP : 1
  const heightOf = (row: number): number => top + row * high + Math.floor(row / each) * between
  const bottom = heightOf(rows - 1) + high
  const raster = blank(left + points * wide + 2 * GAP, bottom + 2 * lineHeight(SIZE) + 2 * GAP)
  write(raster, up, { left: 0, top: 0, size: SIZE, colour: SOFT })
  const largest = Math.max(...Array.from(values).filter(Number.isFinite), 1e-30)
  const partOf = (value: number): number => {
    if (decades === undefined) return Math.max(0, value) / largest
    return value > 0 ? Math.max(0, 1 + Math.log10(value / largest) / decades) : 0
  }
  for (let row = 0; row < rows; row++)
    for (const [i, value] of rowOf(values, row, points).entries()) {
      const part = partOf(value)
      const shade = INK.map((ink) => Math.round(255 + part * (ink - 255))) as [number, number, number]
      fill(raster, { left: left + i * wide, top: heightOf(row), width: wide, height: high }, shade)
    }
  // Names of low rows have no room below each other: some are left out.
  const every = Math.ceil(lineHeight(SIZE) / (each * high + between))
  for (const [i, name] of names.entries()) {
    if (i % every !== 0) continue
    const [from, to] = [heightOf(i * each), heightOf((i + 1) * each - 1) + high]
    write(raster, name, { left: left - GAP, top: Math.round((from + to) / 2) - 4 * SIZE, size: SIZE, anchor: 'end' })
    fill(raster, { left: left - 4, top: from, width: AXIS, height: to - from }, SOFT)
  }
  writeAcross(raster, across, points, (i) => left + (i + 0.5) * wide, bottom + GAP)
  return raster
}

/** Numbers of points, from 1, below a chart, and what they count. */
function writeAcross(raster: Raster, across: string, points: number, x: (i: number) => number, top: number): void {
  const ticks = [1, ...wholeTicks(1, points, 6).filter((n) => n > 1)]
  for (const tick of ticks) write(raster, String(tick), { left: x(tick - 1), top, size: SIZE, anchor: 'middle' })
  const middle = (x(0) + x(points - 1)) / 2
  write(raster, across, { left: middle, top: top + lineHeight(SIZE), size: SIZE, colour: SOFT, anchor: 'middle' })
}

/** Curves do not touch the edges; values that are all equal stand in the middle. */
function roomAround(low: number, high: number): [number, number] {
  const room = high > low ? 0.05 * (high - low) : 0.1 * Math.abs(low) || 1
  return [low - room, high + room]
}
