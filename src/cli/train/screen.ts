import { SHARES } from '../../targets/index.js'
import { columns } from '../output/columns.js'
import { count, duration, figure, percent } from '../output/numbers.js'
import { clip, type Style } from '../output/style.js'
import { type Row, type Rows, type View, WHOLE } from './view.js'

/** The live display of a run, as lines of at most `width` places and at most `height` lines. */
export function renderScreen(view: View, style: Style, width: number, height: number): string[] {
  const { start, progress, epoch } = view
  if (!start) return []
  const now = progress?.epoch ?? epoch?.epoch
  const facts = [now === undefined ? 'starting' : `epoch ${now} of ${start.epochs}`, ...happening(view)]
  const learning = progress?.learns
  const table = renderTable(view.rows, {
    label: (row) => (row === learning ? `${row} (learns now)` : row),
    width,
    cells: CELL,
  })
  const lines = [
    style.bold(`${start.rule} on ${start.data}`),
    facts.join('  '),
    ...table.map((line, i) => (i === 0 ? style.dim(line) : line)),
  ]
  const kept = lines.length <= height ? lines : [...lines.slice(0, height - 1), style.dim('...')]
  return kept.map((line) => clip(line, width))
}

/** How far the training is, or what is done instead of training; numbers are padded, so that nothing jumps. */
function happening({ progress, measuring }: View): string[] {
  if (measuring) {
    const { what, done, of } = measuring
    return [bar(done / of, 24), `measuring ${count(done)} of ${count(of)} ${what} samples`]
  }
  const done = progress?.progress ?? 0
  const whole = [bar(done, 24), `${Math.floor(done * 100)} %`.padStart(5)]
  if (!progress) return whole
  const { between, rowsPerSecond, secondsLeft } = progress
  const work = between
    ? `${between.step} ${count(between.done)} of ${count(between.of)} before it`
    : `${count(rowsPerSecond).padStart(7)} samples/s`
  return [...whole, work, `${duration(secondsLeft).padStart(8)} left`]
}

/** No figure is wider than this while a run is shown: the columns stay where they are. */
const CELL = 9

/** How a table of figures is laid out. */
export interface Layout {
  readonly label?: (row: string) => string
  readonly width?: number
  /** The least width of a cell. */
  readonly cells?: number
}

/**
 * Rows of figures under a heading; nothing at all where there are no rows. What is too wide loses columns of training.
 * Figures of the network alone, and those that do not fit beside each other, stand one below the other.
 */
export function renderTable(rows: Rows, { label = (row) => row, width = Infinity, cells = 0 }: Layout = {}): string[] {
  if (rows.size === 0) return []
  const listed = (): string[] => tableOf(oneBelowTheOther(rows, label), SOURCES, cells)
  if (rows.size === 1 && rows.has(WHOLE)) return listed()
  const labelled: Rows = new Map([...rows].map(([name, row]) => [label(name), row]))
  const names = [...new Set([...rows.values()].flatMap((figures) => Object.keys(figures)))].sort(
    (a, b) => columnRank(a) - columnRank(b),
  )
  for (;;) {
    const lines = tableOf(labelled, names, cells)
    if (lines.every((line) => line.length <= width)) return lines
    const spare = names.findLastIndex((name) => columnRank(name) === 0)
    if (spare < 0) return listed()
    names.splice(spare, 1)
  }
}

/** What a figure was measured on, as the first word of a column. */
const SOURCES = ['training', 'validation', 'test']

/** A figure's name and what it was measured on: `validation accuracy`. */
function partsOf(column: string): [source: string, figure: string] {
  const source = SOURCES.find((one) => column.startsWith(`${one} `))
  return source === undefined ? ['training', column] : [source, column.slice(source.length + 1)]
}

/** A row for each figure of each row, a column for each thing that it was measured on. */
function oneBelowTheOther(rows: Rows, label: (row: string) => string): Rows {
  const listed = new Map<string, Row>()
  for (const [row, figures] of rows)
    for (const [column, value] of Object.entries(figures)) {
      const [source, figure] = partsOf(column)
      const name = row === WHOLE ? figure : `${label(row)} ${figure}`
      listed.set(name, { ...listed.get(name), [source]: value })
    }
  return listed
}

function tableOf(rows: Rows, names: readonly string[], cells: number): string[] {
  const used = names.filter((name) => [...rows.values()].some((row) => row[name] !== undefined))
  const cell = (row: string, column: string, value: number | undefined): string =>
    value === undefined ? '' : showFigure(`${row} ${column}`, value)
  return columns(
    [
      ['', ...used],
      ...[...rows].map(([row, own]) => [`  ${row}`, ...used.map((name) => cell(row, name, own[name]).padStart(cells))]),
    ],
    used.map((_, i) => i + 1),
  )
}

/** Loss first; last what was measured on samples that nothing was learned from. */
const columnRank = (name: string): number => (name === 'loss' ? -1 : SOURCES.indexOf(partsOf(name)[0]))

/** Names with one of these words are parts of a whole; all others are printed as numbers. */
const FRACTIONS = new RegExp(`\\b(${[...SHARES, 'separation'].join('|')})\\b`)

export const showFigure = (name: string, value: number): string =>
  FRACTIONS.test(name) ? percent(value) : figure(value)

function bar(part: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}
