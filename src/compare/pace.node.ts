import type { DataSet } from '../data/index.js'
import { train } from '../node.js'
import type { Contender } from './contender.js'

/** Seconds of training that are looked at, at most, and the part of the budget that may be spent on looking. */
const LOOK = 3
const PART = 0.25

/**
 * Training samples a second: from the first steps of a training that is not kept. The first call, which also warms up,
 * does not count where another follows.
 */
export async function paceOf(
  { rule, settings }: Contender,
  data: DataSet,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const enough = new AbortController()
  const stop = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal
  const calls: { samples: number; seconds: number }[] = []
  let before = 0
  for await (const event of train({ rule, data, settings, out: false, signal: stop })) {
    if (event.event === 'epoch') before = 0
    if (event.event !== 'progress' || event.between) continue
    const samples = (event.batch - before) * settings.options.batch
    before = event.batch
    calls.push({ samples, seconds: samples / event.rowsPerSecond })
    const looked = calls.reduce((sum, call) => sum + call.seconds, 0)
    if (looked > Math.min(LOOK, PART * seconds) && calls.length > 1) enough.abort()
  }
  signal?.throwIfAborted()
  const counted = calls.length > 1 ? calls.slice(1) : calls
  const sum = (key: 'samples' | 'seconds'): number => counted.reduce((all, call) => all + call[key], 0)
  return sum('samples') / sum('seconds')
}
