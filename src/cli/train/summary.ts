import type { DoneEvent, Scores, StartEvent } from '../../train/events.js'
import { type Criterion, figureOf } from '../../train/judge.js'
import { describeCertificate } from '../certificate.js'
import { bulleted, columns, wrapText } from '../output/columns.js'
import { bytes, count, duration, percent } from '../output/numbers.js'
import { quoted } from '../output/quoted.js'
import { type Style, visibleLength } from '../output/style.js'
import { RECONSTRUCTED } from '../sources.js'
import { startedAs } from '../started-as.js'
import { renderTable, showFigure } from './table.js'
import type { View } from './view.js'

export interface SummaryOptions {
  /** Places of a line, at most. */
  readonly width: number
  /** Of activations, if backpropagation trained the same layers. */
  readonly backpropBytes?: number | undefined
  /** The file of the rule, where the run's is in one. */
  readonly ruleFile?: string | undefined
}

/** What a finished run has to say: its figures, the certificate, memory, and where it is kept. */
export function summarize(
  { start }: View,
  done: DoneEvent,
  style: Style,
  { width, backpropBytes, ruleFile }: SummaryOptions,
): string[] {
  if (!start) return []
  const { rowsPerSecond, seconds, run } = done
  const since = start.resumedAt === undefined ? '' : ' since it was resumed'
  const work =
    rowsPerSecond > 0
      ? `after ${duration(seconds)}${since} at ${count(rowsPerSecond)} samples/s.`
      : '(it was trained already).'
  const filledIn = start.reconstructed ?? []
  return [
    ...wrapText(`${start.rule} on ${start.data}: ${outcome(done.test, start)} ${work}`, width).map(style.bold),
    '',
    ...heldOut(done, start, style, width),
    style.bold('What each layer learns from: the certificate, read from the graph of the step'),
    ...describeCertificate(start.certificate, style, width),
    '',
    style.bold('Memory of a training step'),
    ...describeMemory(start, backpropBytes),
    ...(filledIn.length === 0 ? [] : ['', style.bold(RECONSTRUCTED), ...bulleted(filledIn, width)]),
    ...(run === undefined ? [] : ['', ...whereKept(run, ruleFile, style, width)]),
  ]
}

/** Where a run is kept and how it is used: on two lines if one is too short for both. */
function whereKept(run: string, ruleFile: string | undefined, style: Style, width: number): string[] {
  const kept = `${style.bold('Kept in')} ${run}`
  const rule = ruleFile === undefined ? '' : ` --rule ${quoted(ruleFile)}`
  const use = `use it with: ${startedAs()} evaluate ${quoted(run)}${rule}`
  return visibleLength(kept) + use.length + 2 <= width ? [`${kept}; ${use}`] : [kept, use]
}

/** What the run came to, in words: the figure that it is judged by. */
export function outcome(
  test: Scores,
  { criterion, highest }: { readonly criterion: Criterion; readonly highest?: string | undefined },
): string {
  if (highest !== undefined) return `${highest} has learned, those above it not yet`
  const value = figureOf(criterion, test) ?? Number.NaN
  if (criterion.figure === 'accuracy') return `${percent(value)} of the test samples right`
  return `${criterion.figure} ${showFigure(criterion.figure, value)} on the test samples`
}

function heldOut({ validation, test }: DoneEvent, start: StartEvent, style: Style, width: number): string[] {
  const blocks = start.certificate.layers.map(({ name }) => name)
  const table = renderTable({ ...(validation && { validation }), test }, { blocks, width })
  if (table.length === 0) return []
  return [style.bold('Held-out samples'), ...table, ...legend(test, start.figures, width), '']
}

/** What the rule's own figures are, a line each. */
export function legend(
  { network, blocks = {} }: Scores,
  meanings: Readonly<Record<string, string>> | undefined,
  width: number,
): string[] {
  const names = [network ?? {}, ...Object.values(blocks)].flatMap((own) => Object.keys(own))
  const known = [...new Set(names)].filter((name) => meanings?.[name] !== undefined)
  return bulleted(
    known.map((name) => `${name}: ${meanings![name]}`),
    width,
  )
}

function describeMemory(start: StartEvent, backpropBytes: number | undefined): string[] {
  const yardstick =
    backpropBytes === undefined ? '' : ` (backpropagation through the same layers: ${bytes(backpropBytes)})`
  return columns([
    ['  activations at their peak', bytes(start.peakActivationBytes) + yardstick],
    ['  weights and optimiser', bytes(start.stateBytes)],
  ])
}
