import { listed } from '../../certificate/words.js'
import type { Joining, Over, WaitingEvent, WorkersEvent } from '../../train/events.js'
import { count, duration, figure, percent, plural } from '../output/numbers.js'
import { columns } from '../output/text.js'
import { toType } from '../to-type.js'

/** After so many seconds without a word a worker is not taken for alive. */
const SILENT = 5
const NAMED = 6

const HOW: Record<Over['mode'], string> = {
  activations: 'each trains its own layers and hands activations up',
  weights: 'each trains a layer of its own, and weights travel, chapter by chapter',
  'all-layers': 'each trains all layers in turn, a chapter each, and weights travel',
}

/** How the workers share the training, and how fast that can be at the most. */
export function describeOver({ mode, engine, workers, bound }: Over): string[] {
  const place = engine === 'memory' ? ', all in this process: one machine only' : ''
  const each = workers.map((blocks, i) => `${i + 1}: ${listed(blocks)}`).join('; ')
  return [
    `${plural(workers.length, 'worker')}${place}; ${HOW[mode]}.${mode === 'all-layers' ? '' : ` Worker ${each}.`}`,
    `At most ${figure(bound.speedUp)} times as fast as one worker: ${bound.why}.`,
  ]
}

/** How others join, as commands to type. */
export function describeJoining({ url, count: missing, credentials }: Joining, isClient: boolean): string[] {
  const join = (file: string): string =>
    `  ${toType('join', url, '--credentials', file, ...(isClient ? ['--data', 'FOLDER'] : []))}`
  const [first] = credentials
  if (!isClient)
    return [
      `${missing === 1 ? 'One more worker is' : `${missing} more workers are`} to join, on a machine that has a copy of ${first}:`,
      join('worker.json'),
    ]
  return [
    'Each party needs one of these files, and then, where its data are:',
    ...credentials.flatMap((file) => [`  ${file}`, join(file.split(/[\\/]/).at(-1)!)]),
  ]
}

/** Whom a training waits for. */
export const waitingLine = ({ missing, of, seconds }: WaitingEvent): string => {
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : ''
  return `waiting for ${missing.slice(0, NAMED).join(', ')}${more}, ${missing.length} of ${of}, for ${duration(seconds)} now`
}

/** A line for each worker: where it stands, its rate, what it waits for, its loss. */
export function renderWorkers(event: WorkersEvent | undefined): string[] {
  if (!event) return []
  const first = Math.max(...event.workers.map(({ step }) => step))
  const rows = event.workers.map(({ blocks, step, rowsPerSecond, busy, held, starved, loss, silent }, i) => [
    `worker ${i + 1}`,
    listed(blocks),
    `step ${count(step)}`,
    `${count(first - step)} behind`,
    `${count(rowsPerSecond)} samples/s`,
    silent > SILENT ? `silent for ${Math.floor(silent)} s` : `busy ${percent(busy)}, waits ${percent(held + starved)}`,
    loss === undefined ? '' : `loss ${figure(loss)}`,
  ])
  return columns(rows, [2, 3, 4])
}
