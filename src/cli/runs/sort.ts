import type { ListedRun } from './table.js'

/** What runs are sorted by. */
export const SORT_KEYS = ['date', 'run', 'rule', 'data', 'seed', 'epochs', 'held-out', 'test', 'state'] as const
export type SortKey = (typeof SORT_KEYS)[number]

/** By a key; equal ones by their folders. Dates rise, figures that are better come first, what is missing last. */
export function sorted(runs: readonly ListedRun[], key: SortKey): ListedRun[] {
  const figure = (run: ListedRun, value: number | undefined): number | undefined =>
    value === undefined ? undefined : run.criterion?.better === 'smaller' ? value : -value
  const valueIn = (run: ListedRun): string | number | undefined => {
    if (key === 'held-out') return figure(run, run.validation)
    return key === 'test' ? figure(run, run.test) : run[key]
  }
  return runs.toSorted((a, b) => compared(valueIn(a), valueIn(b)) || compared(a.run, b.run))
}

const NATURAL = new Intl.Collator('en', { numeric: true })

function compared(a: string | number | undefined, b: string | number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return typeof a === 'number' && typeof b === 'number' ? a - b : NATURAL.compare(String(a), String(b))
}
