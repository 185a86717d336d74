import type { Figures, TrainEvent } from '../../train/events.js'
import { describeCertificate } from '../certificate.js'
import { bulleted, columns, wrapText } from '../output/columns.js'
import { bytes, count, duration, figure, percent } from '../output/numbers.js'
import { quoted } from '../output/quoted.js'
import { type Style, visibleLength } from '../output/style.js'
import { RECONSTRUCTED } from '../sources.js'
import { startedAs } from '../started-as.js'
import { renderTable } from './screen.js'
import { accuracies, type View, WHOLE } from './view.js'

type Done = Extract<TrainEvent, { event: 'done' }>

export interface SummaryOptions {
  /** Places of a line, at most. */
  readonly width: number
  /** Of activations, if backpropagation trained the same layers. */
  readonly backpropBytes?: number | undefined
  /** The file of the rule, where the run's is in one. */
  readonly ruleFile?: string | undefined
}

/** What a finished run has to say: accuracies, the certificate, memory, and where it is kept. */
export function summarize(
  view: View,
  done: Done,
  style: Style,
  { width, backpropBytes, ruleFile }: SummaryOptions,
): string[] {
  const { start } = view
  if (!start) return []
  const accuracy =
    accuracyRows(view, done).size === 0 ? [] : [style.bold('Accuracy'), ...renderTable(accuracyRows(view, done)), '']
  const figures =
    done.test === undefined
      ? []
      : [
          style.bold('Means over held-out images'),
          ...renderTable(figureRows(done)),
          ...legend(done.test, start.figures, width),
          '',
        ]
  const filledIn = start.reconstructed ?? []
  const since = start.resumedAt === undefined ? '' : ' since it was resumed'
  const result =
    `${start.rule} on ${start.data}: ${outcome({ ...done, highest: start.highest }, start.objective)} ` +
    (done.rowsPerSecond > 0
      ? `after ${duration(done.seconds)}${since} at ${count(done.rowsPerSecond)} images/s.`
      : '(it was trained already).')
  const parts = [
    ...wrapText(result, width).map(style.bold),
    '',
    ...accuracy,
    ...figures,
    style.bold('What each layer learns from: the certificate, read from the graph of the step'),
    ...describeCertificate(start.certificate, style, width),
    '',
    style.bold('Memory of a training step'),
    ...describeMemory(start, backpropBytes),
    ...(filledIn.length === 0 ? [] : ['', style.bold(RECONSTRUCTED), ...bulleted(filledIn, width)]),
  ]
  return done.run === undefined ? parts : [...parts, '', ...whereKept(done.run, ruleFile, style, width)]
}

/** Where a run is kept and how it is used: on two lines if one is too short for both. */
function whereKept(run: string, ruleFile: string | undefined, style: Style, width: number): string[] {
  const kept = `${style.bold('Kept in')} ${run}`
  const rule = ruleFile === undefined ? '' : ` --rule ${quoted(ruleFile)}`
  const use = `use it with: ${startedAs()} evaluate ${quoted(run)}${rule}`
  return visibleLength(kept) + use.length + 2 <= width ? [`${kept}; ${use}`] : [kept, use]
}

/** What the run came to, in words: an accuracy, or the figure that a rule without predictions is judged by. */
export function outcome(
  { testAccuracy, test, highest }: Pick<Done, 'testAccuracy' | 'test'> & { readonly highest?: number | undefined },
  objective?: string,
): string {
  if (highest !== undefined) return `layer ${highest} has learned, those above it not yet`
  if (testAccuracy !== undefined) return `${percent(testAccuracy)} of the test images right`
  return `${objective} ${figure(test?.[objective ?? ''] ?? Number.NaN)} on the test images`
}

/** The rule's own figures, a row each. */
export const figureRows = ({ validation, test }: Pick<Done, 'test' | 'validation'>): Map<string, Figures> =>
  new Map(
    Object.entries(test ?? {}).map(([name, value]) => [
      name,
      { ...(validation?.[name] !== undefined && { [HELD_OUT]: validation[name] }), 'test images': value },
    ]),
  )

/** What the figures are, a line each. */
export function legend(test: Figures, meanings: Readonly<Record<string, string>> | undefined, width: number): string[] {
  const names = [...new Set(Object.keys(test).map(withoutNumber))]
  return bulleted(
    names.flatMap((name) => (meanings?.[name] === undefined ? [] : [`${name}: ${meanings[name]}`])),
    width,
  )
}

/** `layers.0.reconstruction` and `reconstruction.0` are both `reconstruction`. */
export const withoutNumber = (name: string): string => name.replace(/^layers\.\d+\./, '').replace(/\.\d+$/, '')

// Not the names of the columns of accuracies: these are no fractions.
const HELD_OUT = 'validation images'

/** Test accuracy beside the last validation accuracy of each layer, and of the whole network. */
function accuracyRows(view: View, done: Done): Map<string, Figures> {
  const tested = accuracies(done.layers, done.testAccuracy)
  return new Map(
    [...tested].map(([row, test]) => {
      const validation = row === WHOLE ? done.validationAccuracy : view.rows.get(row)?.validation
      return [row, { ...(validation !== undefined && { validation }), test }]
    }),
  )
}

function describeMemory(start: NonNullable<View['start']>, backpropBytes: number | undefined): string[] {
  const yardstick =
    backpropBytes === undefined ? '' : ` (backpropagation through the same layers: ${bytes(backpropBytes)})`
  return columns([
    ['  activations at their peak', bytes(start.peakActivationBytes) + yardstick],
    ['  weights and optimiser', bytes(start.stateBytes)],
  ])
}
