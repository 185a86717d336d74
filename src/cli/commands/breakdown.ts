import { styleText } from 'node:util'
import type { Breakdown, NamedFigures } from '../../targets/index.js'
import { count, percent } from '../output/numbers.js'
import { columns, section } from '../output/text.js'

/** Of more classes than these only the worst are told one by one. */
const MANY = 20
const WORST = 10

/** The figures of every class or label and the confusion matrix, as lines of at most `width` places. */
export function describeBreakdown({ each, confusion }: Breakdown, width: number): string[] {
  const noun = confusion ? 'class' : 'label'
  const isLong = each.length > MANY
  const told = isLong ? each.toSorted((a, b) => (a.f1 ?? 0) - (b.f1 ?? 0)).slice(0, WORST) : each
  const rest = `the ${WORST} of ${count(each.length)} with the lowest F1; --json tells all`
  const heading = `For each ${noun}${isLong ? `: ${rest}` : ''}`
  return [
    ...section(styleText('bold', heading), figuresTable(told, noun)),
    ...(confusion ? describeConfusion(each, confusion, width) : []),
  ].slice(0, -1)
}

const share = (value: number | undefined): string => (value === undefined ? '-' : percent(value))

const figuresTable = (told: readonly NamedFigures[], noun: string): string[] =>
  columns(
    [
      [`  ${noun}`, 'samples', 'precision', 'recall', 'F1'],
      ...told.map(({ name, samples, precision, recall, f1 }) => [
        `  ${name}`,
        count(samples),
        ...[precision, recall, f1].map(share),
      ]),
    ],
    [1, 2, 3, 4],
  )

/** The matrix where it fits, its columns by number where names are long; else what is taken for what most often. */
function describeConfusion(
  each: readonly NamedFigures[],
  confusion: readonly (readonly number[])[],
  width: number,
): string[] {
  const names = each.map(({ name }) => name)
  const numbered = names.map((name, k) => (name === String(k) ? name : `${k} ${name}`))
  const table = (head: readonly string[], rows: readonly string[]): string[] =>
    columns(
      [
        ['  true', ...head],
        ...confusion.map((row, k) => [`  ${rows[k]}`, ...row.map((n) => (n === 0 ? '·' : `${n}`))]),
      ],
      head.map((_, k) => k + 1),
    )
  const layouts = [
    table(names, names),
    table(
      names.map((_, k) => `${k}`),
      numbered,
    ),
  ]
  const fitting = each.length > MANY ? undefined : layouts.find((lines) => lines.every((line) => line.length <= width))
  if (fitting)
    return section(styleText('bold', 'Confusion: true classes by rows, what they are taken for by columns'), fitting)
  const wrong = confusion.flatMap((row, k) =>
    row.flatMap((n, said) =>
      said === k || n === 0 ? [] : [{ n, from: names[k]!, to: names[said]!, of: each[k]!.samples }],
    ),
  )
  const most = wrong.toSorted((a, b) => b.n - a.n).slice(0, WORST)
  return section(
    styleText('bold', 'Most often confused; --json has the whole matrix'),
    columns(
      [
        ['  true', 'taken for', 'samples', 'of the class'],
        ...most.map(({ n, from, to, of }) => [`  ${from}`, to, count(n), percent(n / of)]),
      ],
      [2, 3],
    ),
  )
}
