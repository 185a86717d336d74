import { readFileSync, writeFileSync } from 'node:fs'
import { extentOf } from '../src/cli/sources.js'
import type { AnyRule } from '../src/rules/contract.js'
import type { Scores } from '../src/train/events.js'
import { deviation, divergedOf, finished, mean, median, type Record } from './records.js'

/** One figure of every finished result of a record. */
export const figures = (
  record: Record,
  name: string,
  keep: (result: Record['results'][number]) => boolean = () => true,
): number[] =>
  finished(record)
    .filter(keep)
    .map((result) => result[name] as number)

/** One held-out figure of the network of every finished result; not a number where it has none. */
export const tested = (record: Record, figure = 'accuracy'): number[] =>
  finished(record).map((result) => (result.test as Scores | undefined)?.network?.[figure] ?? Number.NaN)

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** A table whose rows end with why their records are stale; where none is, it has no column for that. */
export function notedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNoted = rows.some((row) => row.at(-1) !== '')
  return isNoted
    ? table([...head, 'stale'], rows)
    : table(
        head,
        rows.map((row) => row.slice(0, -1)),
      )
}

/** Of the machine's own product, as the job measured it. Records of one table may come from machines of two kinds. */
export const gflopsOf = ({ machine }: Record): string => machine.gflops.toFixed(0)

/** `note`: why a record is stale; by such a record nothing is said. */
export const verdict = (reached: boolean | undefined, note = ''): string =>
  reached === undefined || note !== '' ? '' : reached ? 'yes' : '**no**'

/** "1.14 (0.87 to 1.44; 11)": median, range, and their number. */
export const medianAndRange = (values: readonly number[]): string =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}; ${values.length})`

/** "1.41 ± 0.08", without a deviation where there is one value alone. */
export const meanAndDeviation = (values: readonly number[], digits = 2): string =>
  values.length > 1
    ? `${mean(values).toFixed(digits)} ± ${deviation(values).toFixed(digits)}`
    : mean(values).toFixed(digits)

/** "1.41 ± 0.08 (1 of 3 diverged in epoch 2)": one value of each finished seed of a record. */
export function overSeeds(record: Record, values: readonly number[], digits = 2, unit = ''): string {
  const diverged = divergedOf(record)
  if (values.length === 0) return diverged
  return `${meanAndDeviation(values, digits)}${unit}${diverged && ` (${diverged})`}`
}

/** In the place of a ratio to a twin that has not shown that it is one. */
export const NOT_PROVEN = 'not proven'

export const present = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined)

/** Replaces what stands between the markers of a name in a file. */
export function fill(path: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: written by bench/run -->`, `<!-- end of ${name} -->`]
  const before = readFileSync(path, 'utf8')
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers of ${name}`)
  writeFileSync(path, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`)
}

/** A row's title says where its rule was filled in beyond its source. */
export const titled = (title: string, rule: AnyRule): string =>
  [title, ...(extentOf(rule) ? [`(${extentOf(rule)})`] : [])].join(' ')
