import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { textOf } from '../files.node.js'
import type { EpochEvent, TrainEvent } from './events.js'

/** An event as `metrics.jsonl` keeps it. */
export type Recorded = TrainEvent & {
  /** When it was written, as ISO 8601. */
  readonly time?: string
}

/**
 * The events in the journal of a run, or those of some kinds alone; none where it has no journal. What was trained again
 * after a crash stands there once, as it was trained last. A last line that a crash cut off is passed over.
 */
export function historyOf(folder: string, kinds?: readonly TrainEvent['event'][]): Recorded[] {
  const path = join(folder, 'metrics.jsonl')
  if (!existsSync(path)) return []
  // A start takes back what comes after its step, and is needed for that.
  const wanted = kinds && [...kinds, 'start'].map((kind) => `{"event":"${kind}"`)
  let events: Recorded[] = []
  for (const line of textOf(readFileSync(path)).split('\n')) {
    if (line === '' || (wanted && !wanted.some((begin) => line.startsWith(begin)))) continue
    const event = parsed(line)
    if (event?.event === 'start' && event.resumedAt !== undefined) {
      const at = event.resumedAt
      events = events.filter((before) => !('step' in before) || before.step <= at)
    }
    if (event) events.push(event)
  }
  return kinds ? events.filter(({ event }) => kinds.includes(event)) : events
}

function parsed(line: string): Recorded | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The epochs among events, each once: after a crash those since the last checkpoint were trained again. */
export function epochsOf(events: readonly Recorded[]): (EpochEvent & { readonly time?: string })[] {
  const all = new Map<number, EpochEvent>()
  for (const event of events) if (event.event === 'epoch') all.set(event.step, event)
  return [...all.values()]
}
