import type { Scores, TrainEvent, WorkerTold } from '../../train/events.js'
import { globalStep, type Plan, stepsOf } from '../../train/plan.js'
import type { Transport } from '../transport.js'
import type { Manifest } from './manifest.js'
import type { Progress } from './progress.js'

/** What the workers of a run tell while they work. */
export interface Watch {
  /** What there is to tell since it was asked last. */
  news(): Generator<TrainEvent>
  /** Waits until there may be news. */
  soon(): Promise<void>
}

interface Shown {
  readonly plan: Plan
  readonly blocks: readonly (readonly string[])[]
  readonly batch: number
}

/** Between two looks, ms. */
const LOOK = 50

export function watchOf(
  { hints }: Transport,
  { begin }: Manifest,
  run: string,
  { plan, blocks, batch }: Shown,
  signal: AbortSignal,
): Watch {
  const last = new Map<number, { readonly progress: Progress; readonly when: number }>()
  let isNew = false
  const listen = async (): Promise<void> => {
    for await (const { payload } of hints(`${run}.progress.>`, signal)) {
      const progress: Progress = JSON.parse(new TextDecoder().decode(payload))
      last.set(progress.stage, { progress, when: performance.now() })
      isNew = true
    }
  }
  // Hints may be lost: nothing depends on them.
  listen().catch(() => undefined)
  const started = performance.now()
  const top = blocks.length - 1
  const rate = ({ batches, seconds }: Progress): number => (seconds > 0 ? (batches * batch) / seconds : 0)
  const told = (stage: number): WorkerTold => {
    const own = last.get(stage)
    const silent = (performance.now() - (own?.when ?? started)) / 1000
    if (!own)
      return {
        blocks: blocks[stage]!,
        step: globalStep(plan, begin),
        rowsPerSecond: 0,
        busy: 0,
        held: 0,
        starved: 0,
        silent,
      }
    const { at, seconds, computing, held, starved, metrics } = own.progress
    const losses = Object.values(metrics.blocks ?? {}).flatMap(({ loss }) => (loss === undefined ? [] : [loss]))
    const part = (time: number): number => (seconds > 0 ? Math.min(1, time / seconds) : 0)
    return {
      ...{ blocks: blocks[stage]!, step: globalStep(plan, at), rowsPerSecond: rate(own.progress) },
      ...{ busy: part(computing), held: part(held), starved: part(starved), silent },
      ...(losses.length > 0 && { loss: losses.reduce((a, b) => a + b) }),
    }
  }
  return {
    *news() {
      if (!isNew) return
      isNew = false
      const highest = last.get(top)?.progress
      const step = globalStep(plan, highest?.at ?? begin)
      yield { event: 'workers', step, workers: blocks.map((_, stage) => told(stage)) }
      if (!highest) return
      const { at } = highest
      const total = stepsOf(plan)
      const rowsPerSecond = rate(highest)
      yield {
        event: 'progress',
        ...{ step, epoch: at.epoch + 1, batch: at.batch, progress: step / total, rowsPerSecond },
        secondsLeft: rowsPerSecond > 0 ? ((total - step) * batch) / rowsPerSecond : 0,
        metrics: together([...last.values()].map(({ progress }) => progress.metrics)),
      }
    },
    soon: () => new Promise((resolve) => setTimeout(resolve, LOOK)),
  }
}

const together = (all: readonly Scores[]): Scores => {
  const network = Object.assign({}, ...all.map((own) => own.network ?? {}))
  const blocks = Object.assign({}, ...all.map((own) => own.blocks ?? {}))
  return { ...(Object.keys(network).length > 0 && { network }), ...(Object.keys(blocks).length > 0 && { blocks }) }
}
