import type { TrainEvent } from '../../train/events.js'
import type { Taken } from '../../train/weights-of.js'
import { count, duration, figure, percent, plural } from '../output/numbers.js'
import { accuracies, type View, WHOLE } from './view.js'

/** What a run without a terminal prints for an event, or undefined: a line at the start, one an epoch, one for an early stop. */
export function renderLine(view: View, event: TrainEvent): string | undefined {
  if (event.event === 'start') {
    const images = `${count(event.trainingImages)} images to learn from, ${count(event.validationImages)} held out`
    const resumed =
      event.resumedAt === undefined ? '' : `, resumed after ${plural(event.resumedAt, 'batch', 'batches')}`
    const preset = event.preset === undefined ? '' : `, preset ${event.preset}`
    const bits = event.precision === 'float32' ? '' : `, ${event.precision}`
    return `${event.rule} on ${event.data}${preset}: ${images}, ${plural(event.epochs, 'epoch')}, batches of ${event.batch}, seed ${event.seed}, ${event.device}${bits}${resumed}`
  }
  if (event.event === 'stopped' && event.reason === 'early') return event.message
  if (event.event !== 'epoch' || !view.start) return undefined
  const measured = [...accuracies(event.layers, undefined)].map(([row, accuracy]) => `${row} ${percent(accuracy)}`)
  const of = event.layer === undefined ? '' : `of layer ${event.layer} `
  const whole = event.validationAccuracy === undefined ? [] : [`validation ${of}${percent(event.validationAccuracy)}`]
  const own = Object.entries(event.validation ?? {}).map(([name, value]) => `${name} ${figure(value)}`)
  const figures = own.length === 0 ? [] : [`held out: ${own.join(', ')}`]
  const losses = view.rows.get(WHOLE)?.loss === undefined ? [] : [`loss ${view.rows.get(WHOLE)!.loss!.toPrecision(4)}`]
  const learned = event.layer === undefined ? [] : [`layer ${event.layer} learns`]
  return [
    `epoch ${event.epoch} of ${view.start.epochs}`,
    ...(event.fromBatch === undefined ? [] : [`from batch ${event.fromBatch + 1}`]),
    ...learned,
    ...losses,
    ...whole,
    ...measured,
    ...figures,
    `${count(event.rowsPerSecond)} images/s`,
    duration(event.seconds),
  ].join('  ')
}

const NAMED = 6

/** What a run took from the weights of another, and what it did not. */
export function describeOrigin({ run, taken, left }: Taken): string {
  const more = left.length > NAMED ? `; and ${left.length - NAMED} more` : ''
  const rest = left.length === 0 ? 'nothing was left' : `left: ${left.slice(0, NAMED).join('; ')}${more}`
  return `It begins with ${plural(taken, 'tensor')} of ${run}; ${rest}.`
}
