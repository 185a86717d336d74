import { styleText } from 'node:util'
import { count, duration } from '../output/numbers.js'
import { renderClients } from './clients.js'
import { renderTable } from './table.js'
import type { View } from './view.js'
import { renderWorkers } from './workers.js'

/** No figure is wider than this while a run is shown: the columns stay where they are. */
const CELL = 9

/** The live display of a run, as lines of at most `width` places and at most `height` lines. */
export function renderScreen({ start, told, ...view }: View, width: number, height: number): string[] {
  if (!start) return []
  const { progress, epoch } = view
  const now = progress?.epoch ?? epoch?.epoch
  const where = view.clients
    ? `round ${view.clients.round}`
    : now === undefined
      ? 'starting'
      : `epoch ${now} of ${start.epochs}`
  const [head, ...rows] = renderTable(told, {
    blocks: start.certificate.layers.map(({ name }) => name),
    label: (row) => (row === progress?.learns ? `${row} (learns now)` : row),
    width,
    cell: CELL,
  })
  const fit = (line: string): string => line.slice(0, width)
  const lines = [
    fit(`${where}  ${happening({ start, ...view }, width - where.length - 2)}`),
    ...renderWorkers(view.workers).map(fit),
    ...renderClients(view.clients).map(fit),
    ...(head === undefined ? [] : [styleText('dim', fit(head)), ...rows.map(fit)]),
  ]
  return lines.length <= height ? lines : [...lines.slice(0, height - 1), styleText('dim', '...')]
}

/** How far the training is, or what is done instead of training; numbers are padded, so that nothing jumps. */
function happening({ progress, measuring, ...view }: Omit<View, 'told'>, width: number): string {
  if (measuring) {
    const { what, done, of } = measuring
    const facts = `measuring ${count(done)} of ${count(of)} ${what} samples`
    return `${bar(done / of, width - facts.length - 2)}  ${facts}`
  }
  const done = progress?.progress ?? roundsDone(view)
  const facts = [`${Math.floor(done * 100)} %`.padStart(5)]
  if (progress) {
    const { between, rowsPerSecond, secondsLeft } = progress
    const work = between
      ? `before it: ${between.step} ${count(between.done)} of ${count(between.of)}`
      : `${count(rowsPerSecond).padStart(7)} samples/s`
    facts.push(work, `${duration(secondsLeft).padStart(9)} left`)
  }
  const text = facts.join('  ')
  return `${bar(done, width - text.length - 2)}  ${text}`
}

/** The part of a training over clients that is done: rounds, and what clients say of the one that runs. */
function roundsDone({ start, round, clients }: Omit<View, 'told'>): number {
  const turns = round?.turns ?? start?.federation?.rounds
  if (turns === undefined) return 0
  const shares = (clients?.clients ?? []).map((own) => (own.round === clients?.round ? (own.progress ?? 0) : 0))
  const now = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
  const before = round ? round.turn / turns : (start?.resumedAt ?? 0) / Math.max(1, start?.steps ?? 1)
  return Math.min(1, before + (clients?.round === round?.round ? 0 : now) / turns)
}

/** A bar of at most 24 places, shorter where there is less room. */
function bar(part: number, room: number): string {
  const width = Math.max(4, Math.min(24, room))
  const full = Math.round(Math.min(1, Math.max(0, part)) * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}
