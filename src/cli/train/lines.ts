import type { AdviceEvent } from '../../train/diagnostics/advice.js'
import type { EpochEvent, ReadOutEvent, StartEvent, TrainEvent, WeightsTaken } from '../../train/events.js'
import { describeFound } from '../output/found.js'
import { count, duration, figure, plural } from '../output/numbers.js'
import { wrapText } from '../output/text.js'
import { describeFederation, roundLine } from './clients.js'
import type { View } from './view.js'
import { inWords } from './words.js'
import { describeJoining, describeOver, waitingLine } from './workers.js'

/**
 * What a run leaves on the screen of an event: of its start, of an epoch, of advice, of a read-out, of an early stop. A line
 * each; on a terminal they keep to its `width`, and an epoch tells only of the whole network where its layers would take another line.
 */
export function renderLines({ start }: View, event: TrainEvent, width = Number.POSITIVE_INFINITY): string[] {
  if (event.event === 'start') {
    const found = event.found && event.resumedAt === undefined ? describeFound(event.found, width) : []
    const { over, federation } = event
    const joining = over?.joining ?? federation?.joining
    return [
      ...found,
      ...[startLine(event), ...notesOn(event)].flatMap((line) => wrapText(line, width)),
      // As they are: somebody is to copy them.
      ...(joining ? describeJoining(joining, federation !== undefined) : []),
    ]
  }
  if (event.event === 'round' && start) return wrapText(roundLine(event), width)
  if (event.event === 'advice') return wrapText(adviceLine(event), width)
  if (event.event === 'waiting') return wrapText(waitingLine(event), width)
  if (event.event === 'read-out') return wrapText(readOutLine(event), width)
  if (event.event === 'stopped' && event.reason === 'early') return wrapText(event.message, width)
  if (event.event !== 'epoch' || !start) return []
  const whole = epochLine(start, event)
  const isLong = whole.length > width && event.validation?.network !== undefined
  return [isLong ? epochLine(start, { ...event, validation: { network: event.validation.network! } }) : whole]
}

function startLine(start: StartEvent): string {
  const { rule, data, trainingSamples, validationSamples, epochs, batch, seed, device, precision, resumedAt } = start
  const samples = `${count(trainingSamples)} samples to learn from, ${count(validationSamples)} held out`
  const preset = start.preset === undefined ? '' : `, preset ${start.preset}`
  const bits = precision === 'float32' ? '' : `, ${precision}`
  const resumed = resumedAt === undefined ? '' : `, resumed after ${plural(resumedAt, 'step')}`
  const how = `${plural(epochs, 'epoch')}, batches of ${batch}, seed ${seed}, ${device}${bits}${resumed}`
  return `${rule} on ${data}${preset}: ${samples}, ${how}`
}

function epochLine(start: StartEvent, { epoch, fromBatch, learns, metrics, validation, ...event }: EpochEvent): string {
  const loss = metrics.network?.loss
  return [
    `epoch ${epoch} of ${start.epochs}`,
    ...(fromBatch === undefined ? [] : [`from batch ${fromBatch + 1}`]),
    ...(learns === undefined ? [] : [`${learns} learns`]),
    ...(loss === undefined ? [] : [`loss ${figure(loss)}`]),
    ...inWords(validation ?? {}),
    `${count(event.rowsPerSecond)} samples/s`,
    duration(event.seconds),
  ].join('  ')
}

const adviceLine = ({ block, message }: AdviceEvent): string =>
  `Advice: ${block === undefined ? '' : `${block}: `}${message}.`

function readOutLine({ samples, features, lambda, tried, seconds }: ReadOutEvent): string {
  const others = tried.map((one) => `${one.lambda}: ${figure(one.error)}`).join(', ')
  const chosen = others === '' ? '' : `, by the squared error of a held-out sample (${others})`
  return `read-out of ${count(features)} features solved from ${count(samples)} samples  lambda ${lambda}${chosen}  ${duration(seconds)}`
}

const NAMED = 6

/** What is worth a line of its own when a run begins. */
const notesOn = ({ replaced, from, run, data, fingerprint, warnings = [], over, federation }: StartEvent): string[] => [
  ...(over ? describeOver(over) : []),
  ...(federation ? describeFederation(federation) : []),
  ...(fingerprint === undefined ? [] : [`The files of ${data} were not checked against a published hash.`]),
  ...warnings.map((warning) => `Warning: ${warning}.`),
  ...(replaced ? [`It takes the place of a run in ${run} that ended before its first checkpoint.`] : []),
  ...(from ? [describeOrigin(from)] : []),
]

/** What a run took from the weights of another, and what it did not. */
function describeOrigin({ run, taken, left }: WeightsTaken): string {
  const more = left.length > NAMED ? `; and ${left.length - NAMED} more` : ''
  const rest = left.length === 0 ? 'nothing was left' : `left: ${left.slice(0, NAMED).join('; ')}${more}`
  return `It begins with ${plural(taken, 'tensor')} of ${run}; ${rest}.`
}
