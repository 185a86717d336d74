import type { TensorRecord } from '../runtime/index.js'
import type { Figures } from './events.js'
import { globalStep, type Plan, type Position } from './plan.js'

/** Means of metrics over steps; metrics that only some steps have are averaged over those. */
export function meter() {
  const sums = new Map<string, { sum: number; count: number }>()
  return {
    add(metrics: TensorRecord): void {
      for (const [name, values] of Object.entries(metrics)) {
        const own = sums.get(name) ?? { sum: 0, count: 0 }
        for (const value of values) own.sum += value
        own.count += values.length
        sums.set(name, own)
      }
    },
    means: (): Figures => Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count])),
  }
}

export function meansOf(metrics: TensorRecord): Figures {
  const own = meter()
  own.add(metrics)
  return own.means()
}

interface Stretch {
  steps: number
  seconds: number
}

/** Times a training. Rates count the training steps alone, spans everything. `now` in milliseconds. */
export function clock(now: () => number, plan: Plan) {
  const before = plan.from * plan.epochs * plan.batches
  const total = plan.phases * plan.epochs * plan.batches - before
  const doneAt = (at: Position): number => globalStep(plan, at) - before
  const begin = now()
  const all: Stretch = { steps: 0, seconds: 0 }
  let epoch: Stretch = { steps: 0, seconds: 0 }
  let epochBegin = begin
  let last: Stretch = { steps: 0, seconds: 0 }
  const scoring = { count: 0, seconds: 0 }
  const timed = async <T>(work: () => Promise<T>, add: (seconds: number) => void): Promise<T> => {
    const start = now()
    const result = await work()
    add((now() - start) / 1000)
    return result
  }
  const rate = ({ steps, seconds }: Stretch, batch: number): number => (seconds > 0 ? (steps * batch) / seconds : 0)
  return {
    beginEpoch(): void {
      epoch = { steps: 0, seconds: 0 }
      epochBegin = now()
    },
    training: <T>(work: () => Promise<T>): Promise<T> =>
      timed(work, (seconds) => {
        last = { steps: 0, seconds }
        for (const stretch of [all, epoch]) stretch.seconds += seconds
      }),
    scoring: <T>(work: () => Promise<T>): Promise<T> =>
      timed(work, (seconds) => {
        scoring.count++
        scoring.seconds += seconds
      }),
    /** The steps of the last call. */
    count(steps: number): void {
      for (const stretch of [last, all, epoch]) stretch.steps += steps
    },
    progress: (at: Position): number => doneAt(at) / total,
    rowsPerSecond: (batch: number): number => rate(last, batch),
    secondsLeft(at: Position): number {
      const left = total - doneAt(at)
      const scores = scoring.count === 0 ? 0 : (scoring.seconds / scoring.count) * Math.ceil(left / plan.batches)
      return all.steps === 0 ? 0 : (all.seconds / all.steps) * left + scores
    },
    epoch: (batch: number) => ({ seconds: (now() - epochBegin) / 1000, rowsPerSecond: rate(epoch, batch) }),
    run: (batch: number) => ({ seconds: (now() - begin) / 1000, rowsPerSecond: rate(all, batch) }),
  }
}
