import type { EpochEvent, Scores, StartEvent, TrainEvent } from '../../train/events.js'
import type { WeightsTaken } from '../../train/first-state.js'
import { count, duration, figure, plural } from '../output/numbers.js'
import { showFigure } from './table.js'
import type { View } from './view.js'

/** What a run without a terminal prints for an event: a line at the start, for an epoch, for an early stop. */
export function renderLine(view: View, event: TrainEvent): string | undefined {
  if (event.event === 'start') return startLine(event)
  if (event.event === 'stopped' && event.reason === 'early') return event.message
  if (event.event === 'epoch' && view.start) return epochLine(view.start, event)
  return undefined
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

/** Every figure once, of the network and of its parts: `validation accuracy 95.10 % (layer 0 91.20 %)`. */
function inWords({ network = {}, blocks = {} }: Scores): string[] {
  const names = new Set([network, ...Object.values(blocks)].flatMap((own) => Object.keys(own)))
  return [...names].map((name) => {
    const parts = Object.entries(blocks).flatMap(([block, own]) =>
      own[name] === undefined ? [] : [`${block} ${showFigure(name, own[name])}`],
    )
    const whole = network[name] === undefined ? ':' : ` ${showFigure(name, network[name])}`
    const rest = parts.length === 0 ? '' : whole === ':' ? ` ${parts.join(', ')}` : ` (${parts.join(', ')})`
    return `validation ${name}${whole}${rest}`
  })
}

const NAMED = 6

/** What is worth a line of its own when a run begins. */
export const notesOn = ({ replaced, from, run }: StartEvent): string[] => [
  ...(replaced ? [`It takes the place of a run in ${run} that ended before its first checkpoint.`] : []),
  ...(from ? [describeOrigin(from)] : []),
]

/** What a run took from the weights of another, and what it did not. */
function describeOrigin({ run, taken, left }: WeightsTaken): string {
  const more = left.length > NAMED ? `; and ${left.length - NAMED} more` : ''
  const rest = left.length === 0 ? 'nothing was left' : `left: ${left.slice(0, NAMED).join('; ')}${more}`
  return `It begins with ${plural(taken, 'tensor')} of ${run}; ${rest}.`
}
