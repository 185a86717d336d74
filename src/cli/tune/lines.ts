import { styleText } from 'node:util'
import { showValue } from '../../options/index.js'
import type { Best, Counts, FinishedEvent, TuneEvent, TuneStartEvent } from '../../tune/events.js'
import { duration, figure, plural } from '../output/numbers.js'
import { columns, wrapText } from '../output/text.js'
import { toType } from '../to-type.js'
import { showFigure } from '../train/table.js'

type Params = Best['params']
type Objectives = TuneStartEvent['objectives']

/** Options in a line: `rate=0.00123 units=500,500`. */
export const showParams = (params: Params): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? Number(value.toPrecision(3)) : showValue(value)}`)
    .join(' ')

/** `accuracy 97.80 %, seconds 3.2 s`. */
function showValues(objectives: Objectives, values: readonly number[]): string {
  const shown = objectives.slice(0, values.length).map(({ key }, i) => {
    const value = values[i]!
    return `${key} ${key === 'seconds' ? duration(value) : showFigure(key.split('.').at(-1)!, value)}`
  })
  return shown.join(', ')
}

/** What a search leaves on the screen of an event. `file`: that of the rule, where it has one. */
export function renderTuneLines(
  start: TuneStartEvent | undefined,
  event: TuneEvent,
  width: number,
  file: readonly string[],
): string[] {
  switch (event.event) {
    case 'start':
      return startLines(event, width)
    case 'finished':
      return wrapped(finishedLine(start!.objectives, event), width)
    case 'stopped':
      return event.reason === 'exhausted' ? ['All settings of the space have been tried.'] : []
    case 'done':
      return doneLines(start!, event, width, file)
    default:
      return []
  }
}

/** Broken at spaces; what follows the first line stands a little to the right. */
const wrapped = (text: string, width: number): string[] =>
  wrapText(text, width - 4).map((line, i) => (i === 0 ? line : `    ${line}`))

function startLines(event: TuneStartEvent, width: number): string[] {
  const { rule, data, objectives, space, sampler, pruner, trials, workers, counts, interrupted, study } = event
  const wanted = objectives.map(({ key, direction }) => `${direction} ${key}`).join(' and ')
  const how = `sampler ${sampler}, pruner ${pruner}, ${plural(workers, 'worker')}`
  const before = counts.complete + counts.pruned + counts.failed
  const lines = [
    `${rule} on ${data}: ${wanted} of held-out samples, over ${space.join(', ')}; ${how}.`,
    ...(before > 0 ? [`The study in ${study} goes on: ${before} of ${trials} trials are done.`] : []),
    ...(interrupted > 0 ? [`${plural(interrupted, 'trial')} had not come to an end, and will be made again.`] : []),
  ]
  return lines.flatMap((line) => wrapped(line, width))
}

function finishedLine(objectives: Objectives, event: FinishedEvent): string {
  const { trial, state, values, params, message, best, figures } = event
  const seconds = figures?.seconds
  const took = seconds === undefined || objectives.some(({ key }) => key === 'seconds') ? '' : `  ${duration(seconds)}`
  const what =
    state === 'failed'
      ? `failed: ${message}`
      : `${values ? showValues(objectives, values) : ''}${state === 'pruned' ? ', pruned' : ''}`
  const line = `trial ${trial}  ${what}${took}  ${showParams(params)}`
  return best?.trial === trial ? styleText('bold', `${line}  (best so far)`) : line
}

function doneLines(
  { study, objectives }: TuneStartEvent,
  { counts, best, front }: Extract<TuneEvent, { event: 'done' }>,
  width: number,
  file: readonly string[],
): string[] {
  const told = `${countsInWords(counts)}. The study is in ${study}.`
  if (!best) return ['', ...wrapText(`No trial came to its end: ${told}`, width)]
  const rows = front?.map((one) => [`  trial ${one.trial}`, showValues(objectives, one.values), one.config])
  return [
    '',
    ...(rows
      ? [styleText('bold', 'The best compromises, each with its file of settings'), ...columns(rows)]
      : wrapText(
          `Best: trial ${best.trial}, ${showValues(objectives, best.values)}, with ${showParams(best.params)}`,
          width,
        ).map((line) => styleText('bold', line))),
    ...wrapText(told, width),
    `Train with these settings: ${toType('train', ...file, '--config', best.config)}`,
  ]
}

const countsInWords = ({ complete, pruned, failed }: Counts): string =>
  [`${plural(complete, 'trial')} trained to the end`, `${pruned} pruned`, `${failed} failed`].join(', ')

/** One line of how far a search is, for the end of a terminal. */
export function statusLine(
  { trials, objectives }: TuneStartEvent,
  counts: Counts,
  best: Best | undefined,
  running: string,
): string {
  const done = counts.complete + counts.pruned + counts.failed
  const parts = [`${done} of ${trials} trials`, `${counts.pruned} pruned`]
  if (counts.failed > 0) parts.push(`${counts.failed} failed`)
  if (best) parts.push(`best ${showValues(objectives, best.values.slice(0, 1))} (trial ${best.trial})`)
  return [...parts, ...(running === '' ? [] : [running])].join('  ')
}

/** A running trial in short: its number, the epochs that are done, and its value. */
export const runningPart = (trial: number, epoch: number | undefined, value: number | undefined): string =>
  epoch === undefined ? `#${trial}` : `#${trial} epoch ${epoch}: ${figure(value!)}`
