import { styleText } from 'node:util'
import type { RunState } from '../../kept/states.js'
import type { Criterion } from '../../train/events.js'
import { columns } from '../output/text.js'
import { showFigure } from '../train/table.js'

/** A run as it is listed, for people and machines. */
export interface ListedRun {
  /** Its folder. */
  readonly run: string
  readonly rule: string
  readonly data: string
  readonly preset?: string
  /** Those other than its preset and the defaults have them, as they are typed. */
  readonly settings: Readonly<Record<string, string>>
  readonly seed: number
  readonly epochs: number
  readonly state: RunState
  /** ISO 8601. */
  readonly date?: string
  readonly criterion?: Criterion
  /** The figure that it is judged by, of held-out training samples and of the test samples. */
  readonly validation?: number
  readonly test?: number
}

const HEAD = ['run', 'rule', 'data', 'settings', 'seed', 'epochs', 'held-out', 'test', 'date', 'state'] as const
type Column = (typeof HEAD)[number]

/** What a table that is too wide goes without, in this order; before the first, settings are cut short. */
const SPARE: readonly Column[] = ['date', 'epochs', 'seed', 'data', 'rule', 'settings']
const SHORT = 14

/** Runs as a table of at most `width` places, as far as paths allow it. */
export function renderRuns(runs: readonly ListedRun[], width = Number.POSITIVE_INFINITY): string[] {
  let shown: readonly Column[] = HEAD
  for (const next of [undefined, ...SPARE]) {
    shown = shown.filter((column) => column !== next)
    const widths = shown.map((column) => Math.max(column.length, ...runs.map((run) => cellOf(run, column).length)))
    const over = widths.reduce((sum, own) => sum + own + 2, -2) - width
    if (over <= 0) return tableOf(runs, shown)
    const room = (widths[shown.indexOf('settings')] ?? 0) - over
    if (room >= SHORT) return tableOf(runs, shown, room)
  }
  return tableOf(runs, shown)
}

function tableOf(runs: readonly ListedRun[], shown: readonly Column[], room = Number.POSITIVE_INFINITY): string[] {
  const right = shown.flatMap((column, i) => (['seed', 'epochs', 'held-out', 'test'].includes(column) ? [i] : []))
  const [head, ...lines] = columns(
    [
      shown,
      ...runs.map((run) =>
        shown.map((column) => (column === 'settings' ? cut(cellOf(run, column), room) : cellOf(run, column))),
      ),
    ],
    right,
  )
  return [styleText('bold', head!), ...lines]
}

const cut = (text: string, room: number): string => (text.length <= room ? text : `${text.slice(0, room - 3)}...`)

function cellOf(run: ListedRun, column: Column): string {
  switch (column) {
    case 'settings': {
      const values = Object.entries(run.settings).map(([key, value]) => `${key}=${value}`)
      return [...(run.preset === undefined ? [] : [run.preset]), ...values].join(' ')
    }
    case 'held-out':
      return figure(run, run.validation)
    case 'test':
      return figure(run, run.test)
    case 'date':
      return run.date === undefined ? '' : dateOf(run.date)
    default:
      return String(run[column])
  }
}

/** An accuracy stands alone; any other figure has its name. */
function figure({ criterion }: ListedRun, value: number | undefined): string {
  if (!criterion || value === undefined) return ''
  const shown = showFigure(criterion.figure, value)
  return criterion.figure === 'accuracy' ? shown : `${criterion.figure} ${shown}`
}

/** Day and minute, by the clock of this machine. */
function dateOf(iso: string): string {
  const date = new Date(iso)
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return Number.isNaN(date.getTime()) ? iso : `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
