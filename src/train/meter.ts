import { unflatten } from '../rules/figures.js'
import type { TensorRecord } from '../runtime/index.js'
import type { Scores } from './events.js'
import {
  batchNumber,
  beginOf,
  betweenNumber,
  type Call,
  globalStep,
  type Plan,
  type Position,
  stepsOf,
} from './plan.js'

/** Means of metrics over steps; metrics that only some steps have are averaged over those. */
export function meter() {
  const sums = new Map<string, { sum: number; count: number }>()
  let made = 0
  return {
    add(metrics: TensorRecord, steps = 0): void {
      made += steps
      for (const [name, values] of Object.entries(metrics)) {
        const own = sums.get(name) ?? { sum: 0, count: 0 }
        for (const value of values) own.sum += value
        own.count += values.length
        sums.set(name, own)
      }
    },
    steps: (): number => made,
    means: (): Scores => unflatten([...sums].map(([name, { sum, count }]) => [name, sum / count])),
  }
}

export function meansOf(metrics: TensorRecord): Scores {
  const own = meter()
  own.add(metrics)
  return own.means()
}

interface Stretch {
  steps: number
  seconds: number
}

const stretch = (): Stretch => ({ steps: 0, seconds: 0 })

/** Times a training. Rates count the steps on batches alone, spans everything. `now` in milliseconds. */
export function clock(now: () => number, plan: Plan) {
  const before = globalStep(plan, beginOf(plan.from))
  const total = stepsOf(plan)
  const end = { ...beginOf(plan.phases - 1), epoch: plan.epochs }
  const begin = now()
  const [batches, between, scoring] = [stretch(), stretch(), stretch()]
  let epoch = stretch()
  let epochBegin = begin
  let last = stretch()
  const rate = ({ steps, seconds }: Stretch, batch: number): number => (seconds > 0 ? (steps * batch) / seconds : 0)
  const secondsPer = ({ steps, seconds }: Stretch): number => (steps === 0 ? 0 : seconds / steps)
  return {
    beginEpoch(): void {
      epoch = stretch()
      epochBegin = now()
    },
    /** Times a call: steps on batches and steps between epochs each have a pace of their own. */
    async training<T extends { readonly call: Call }>(work: () => Promise<T>): Promise<T> {
      const start = now()
      const result = await work()
      const seconds = (now() - start) / 1000
      const { call } = result
      last = { steps: call.batches, seconds }
      for (const own of call.batches > 0 ? [batches, epoch] : [between]) {
        own.steps += call.batches + call.between
        own.seconds += seconds
      }
      return result
    },
    /** Times a measurement; what its reader does with an event counts, too, but that is little. */
    async *scoring<E, T>(work: () => AsyncGenerator<E, T>): AsyncGenerator<E, T> {
      const start = now()
      const result = yield* work()
      scoring.steps++
      scoring.seconds += (now() - start) / 1000
      return result
    },
    progress: (at: Position): number => (globalStep(plan, at) - before) / total,
    rowsPerSecond: (batch: number): number => rate(last, batch),
    secondsLeft(at: Position): number {
      const onBatches = batchNumber(plan, end) - batchNumber(plan, at)
      const others = betweenNumber(plan, end) - betweenNumber(plan, at)
      const scores = secondsPer(scoring) * Math.ceil(onBatches / plan.batches)
      return secondsPer(batches) * onBatches + secondsPer(between) * others + scores
    },
    epoch: (batch: number) => ({ seconds: (now() - epochBegin) / 1000, rowsPerSecond: rate(epoch, batch) }),
    run: (batch: number) => ({ seconds: (now() - begin) / 1000, rowsPerSecond: rate(batches, batch) }),
  }
}
