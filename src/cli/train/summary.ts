import { styleText } from 'node:util'
import type { Criterion, DoneEvent, Scores, StartEvent } from '../../train/events.js'
import { figureOf } from '../../train/judge.js'
import { describeCertificate } from '../certificate.js'
import { bytes, count, duration, percent } from '../output/numbers.js'
import { bulleted, definitions, section, wrapText } from '../output/text.js'
import { RECONSTRUCTED } from '../sources.js'
import { toType } from '../to-type.js'
import { renderTable, showFigure } from './table.js'
import type { View } from './view.js'

/** What the folder of a run adds to its summary. */
export interface Beside {
  /** Of activations, if backpropagation trained the same layers. */
  readonly backpropBytes?: number | undefined
  /** The file of the rule, where the run's is in one. */
  readonly ruleFile?: string | undefined
}

/** What a finished run has to say: its figures, the certificate, memory, and where it is kept. */
export function summarize({ start }: View, done: DoneEvent, width: number, beside: Beside = {}): string[] {
  if (!start) return []
  const { rowsPerSecond, seconds, run, validation, test } = done
  const since = start.resumedAt === undefined ? '' : ' since it was resumed'
  const speed = `after ${duration(seconds)}${since} at ${count(rowsPerSecond)} samples/s.`
  const result = `${start.rule} on ${start.data}: ${outcome(test, start)}`
  const work = rowsPerSecond > 0 ? speed : '(it was trained already).'
  const blocks = start.certificate.layers.map(({ name }) => name)
  const heldOut = renderTable({ ...(validation && { validation }), test }, { blocks, width })
  const sections: [heading: string, lines: string[]][] = [
    ['Held-out samples', heldOut.length === 0 ? [] : [...heldOut, ...legend(test, start.figures, width)]],
    [
      'What each layer learns from: the certificate, read from the graph of the step',
      describeCertificate(start.certificate, width),
    ],
    ['Memory of a training step', describeMemory(start, beside.backpropBytes, width)],
    [RECONSTRUCTED, bulleted(start.reconstructed ?? [], width)],
  ]
  return [
    ...wrapText(`${result} ${work}`, width).map((line) => styleText('bold', line)),
    '',
    ...sections.flatMap(([heading, lines]) => section(styleText('bold', heading), lines)),
    ...(run === undefined ? [] : whereKept(run, beside.ruleFile, width)),
  ]
}

/** Where a run is kept and how it is used: on two lines if one is too short for both. */
function whereKept(run: string, ruleFile: string | undefined, width: number): string[] {
  const rule = ruleFile === undefined ? [] : ['--rule', ruleFile]
  const use = `use it with: ${toType('evaluate', run, ...rule)}`
  const kept = `${styleText('bold', 'Kept in')} ${run}`
  return `Kept in ${run}; ${use}`.length <= width ? [`${kept}; ${use}`] : [kept, use]
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

/** What the rule's own figures are, a line each. */
export function legend(
  { network, blocks = {} }: Scores,
  meanings: Readonly<Record<string, string>> = {},
  width: number,
): string[] {
  const names = new Set([network ?? {}, ...Object.values(blocks)].flatMap((own) => Object.keys(own)))
  const known = [...names].filter((name) => meanings[name] !== undefined)
  return bulleted(
    known.map((name) => `${name}: ${meanings[name]}`),
    width,
  )
}

function describeMemory(start: StartEvent, backpropBytes: number | undefined, width: number): string[] {
  const yardstick =
    backpropBytes === undefined ? '' : ` (backpropagation through the same layers: ${bytes(backpropBytes)})`
  return definitions(
    [
      ['activations at their peak', bytes(start.peakActivationBytes) + yardstick],
      ['weights and optimiser', bytes(start.stateBytes)],
    ],
    width,
  )
}
