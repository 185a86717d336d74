import { listed } from '../certificate/words.js'
import type { EpochEvent, RoundEvent, StartEvent, TrainEvent } from '../train/events.js'

/**
 * How many epochs a run was trained for, in words, from its events: `8`, or `6 of at most 40` where it stopped before. In
 * a greedy training each block has epochs of its own. Clients train in rounds, which they count in place of epochs.
 */
export function epochsInWords(events: readonly TrainEvent[], asked: number): string {
  const start = events.findLast((event): event is StartEvent => event.event === 'start')
  if (!start) return `at most ${asked}`
  if (start.federation) {
    const last = events.findLast((event): event is RoundEvent => event.event === 'round')
    return `${outOf(last?.turn ?? 0, last?.turns ?? start.federation.rounds)} rounds of the clients`
  }
  const trained = new Map<string | undefined, Set<number>>()
  const epochs = events.filter((event): event is EpochEvent => event.event === 'epoch')
  for (const { learns, epoch } of epochs) trained.set(learns, (trained.get(learns) ?? new Set()).add(epoch))
  if (trained.size === 0) return outOf(0, asked)
  const blocksBy = new Map<number, string[]>()
  for (const [block, { size }] of trained)
    blocksBy.set(size, [...(blocksBy.get(size) ?? []), ...(block === undefined ? [] : [block])])
  return [...blocksBy]
    .map(([done, blocks]) => outOf(done, asked) + (blocks.length > 0 ? ` (${listed(blocks)})` : ''))
    .join(', ')
}

const outOf = (done: number, most: number): string => (done === most ? `${done}` : `${done} of at most ${most}`)
