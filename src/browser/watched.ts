import { sizeOf } from '../graph/index.js'
import { globalStep, isEpochDone, type Position } from '../train/plan.js'
import type { Trainer } from '../train/trainer.js'
import type { WatchedBatch } from './session.js'

/** What can be seen of the batch at a position; where none begins there, of the first one of all. */
export async function watched(trainer: Trainer, at: Position, samples: number): Promise<WatchedBatch> {
  const { plan, settings, task } = trainer
  const place = at.phase === plan.phases || isEpochDone(plan, at) ? trainer.positionAt(0) : at
  const sights = await trainer.watch(place)
  const { x, target } = await trainer.batch(place)
  const count = Math.min(samples, settings.options.batch)
  return {
    step: globalStep(plan, at),
    count,
    x: x.slice(0, count * sizeOf(task.input.shape)),
    ...(target && { target: target.slice(0, (count * target.length) / settings.options.batch) }),
    sights: sights.map(({ shape: [rows = 0, ...shape], values, ...seen }) => {
      const size = sizeOf(shape)
      const shown = size === 1 ? rows : Math.min(rows, samples)
      return { ...seen, shape: [shown, ...shape], values: values.slice(0, shown * size) }
    }),
  }
}
