import type { Figures } from '../../train/events.js'
import { columns } from '../output/columns.js'
import { count, duration, figure, percent } from '../output/numbers.js'
import { clip, type Style } from '../output/style.js'
import type { View } from './view.js'

/** Figures that are parts of a whole; all others are printed as numbers. */
const FRACTIONS = new Set(['accuracy', 'separation', 'validation', 'test'])

/** The live display of a run, as lines of at most `width` places and at most `height` lines. */
export function renderScreen(view: View, style: Style, width: number, height: number): string[] {
  const { start, progress, epoch, tested } = view
  if (!start) return []
  const title = `${start.rule} on ${start.data}`
  const now = progress?.epoch ?? epoch?.epoch
  const done = tested ?? progress?.progress ?? 0
  const doing = now === undefined ? 'starting' : `epoch ${now} of ${start.epochs}`
  const facts = [
    tested === undefined ? doing : 'measuring the test set',
    bar(done, 24),
    `${Math.floor(done * 100)} %`,
    ...(progress && tested === undefined
      ? [`${count(progress.rowsPerSecond)} images/s`, `${duration(progress.secondsLeft)} left`]
      : []),
  ]
  const learning = progress?.layer
  const table = renderTable(view.rows, (row) => (row === `layer ${learning}` ? `${row} (learns now)` : row), width)
  const lines = [style.bold(title), facts.join('  '), ...table.map((line, i) => (i === 0 ? style.dim(line) : line))]
  const kept = lines.length <= height ? lines : [...lines.slice(0, height - 1), style.dim('...')]
  return kept.map((line) => clip(line, width))
}

/** Rows of figures under a heading; nothing at all where there are no rows. What is too wide loses columns of training. */
export function renderTable(
  rows: ReadonlyMap<string, Figures>,
  label: (row: string) => string = (row) => row,
  width = Number.POSITIVE_INFINITY,
): string[] {
  if (rows.size === 0) return []
  const names = [...new Set([...rows.values()].flatMap((figures) => Object.keys(figures)))].sort(
    (a, b) => columnRank(a) - columnRank(b),
  )
  for (;;) {
    const lines = tableOf(rows, names, label)
    const spare = names.findLastIndex((name) => columnRank(name) === 0)
    if (spare < 0 || lines.every((line) => line.length <= width)) return lines
    names.splice(spare, 1)
  }
}

function tableOf(
  rows: ReadonlyMap<string, Figures>,
  names: readonly string[],
  label: (row: string) => string,
): string[] {
  const body = [...rows].map(([row, figures]) => [
    `  ${label(row)}`,
    ...names.map((name) => (figures[name] === undefined ? '' : showFigure(name, figures[name]))),
  ])
  return columns(
    [['', ...names], ...body],
    names.map((_, i) => i + 1),
  )
}

/** Loss first; last what was measured on images that nothing was learned from. */
const columnRank = (name: string): number => (name === 'loss' ? -1 : ['validation', 'test'].indexOf(name) + 1)

export const showFigure = (name: string, value: number): string =>
  FRACTIONS.has(name) ? percent(value) : figure(value)

function bar(part: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}
