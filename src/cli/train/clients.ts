import type { ClientsEvent, Federation, RoundEvent } from '../../train/events.js'
import { bytes, count, duration, figure, percent, plural } from '../output/numbers.js'
import { columns } from '../output/text.js'
import { inWords } from './words.js'

/** After so many seconds without a word a client is not taken for alive. */
const SILENT = 5
const NAMED = 6

/** Who trains together, and what stays with each. */
export function describeFederation({
  engine,
  clients,
  rounds,
  localEpochs,
  localSteps,
  aggregate,
  uploadBytes,
  stays,
}: Federation): string[] {
  const place = engine === 'memory' ? ', all in this process: one machine only' : ''
  const counts = Object.values(clients).filter((own) => own !== null)
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  const samples =
    counts.length === 0
      ? ''
      : ` with ${least === most ? count(least) : `${count(least)} to ${count(most)}`} samples each`
  const more = stays.length > NAMED ? ` and ${stays.length - NAMED} more` : ''
  return [
    `${plural(Object.keys(clients).length, 'client')}${samples}${place}; ${plural(rounds, 'round')} of ` +
      `${localSteps === undefined ? plural(localEpochs, 'epoch') : `at most ${plural(localSteps, 'step')}`}, joined by ${aggregate}; at most ${bytes(uploadBytes)} go up from a client in a round.`,
    ...(stays.length > 0 ? [`With the clients stay ${stays.slice(0, NAMED).join(', ')}${more}.`] : []),
  ]
}

export function roundLine({ turn, turns, learns, answered, asked, refused, loss, ...event }: RoundEvent): string {
  const no = Object.entries(refused).map(([client, reason]) => `${client} was refused: ${reason}`)
  return [
    `round ${turn} of ${turns}`,
    ...(learns === undefined ? [] : [`${learns} learns`]),
    ...(answered.length === asked ? [plural(asked, 'client')] : [`${answered.length} of ${asked} clients`]),
    ...(loss === undefined ? [] : [`loss ${figure(loss)}`]),
    ...inWords(event.validation ?? {}),
    ...(event.epsilon === undefined ? [] : [`epsilon ${figure(event.epsilon)}`]),
    `${bytes(event.bytesUp)} up, ${bytes(event.bytesDown)} down`,
    duration(event.seconds),
    ...no,
  ].join('  ')
}

/** A line for each client: what it does, how far it is, and what it has sent. */
export function renderClients(event: ClientsEvent | undefined): string[] {
  const rows = (event?.clients ?? []).map(({ client, doing, round, progress, loss, sent, fetched, silent }) => [
    client,
    silent > SILENT ? `silent for ${Math.floor(silent)} s` : doing,
    round === undefined ? '' : `round ${round}`,
    progress === undefined ? '' : percent(progress),
    loss === undefined ? '' : `loss ${figure(loss)}`,
    `${bytes(sent)} up`,
    `${bytes(fetched)} down`,
  ])
  return columns(rows, [3, 5, 6])
}
