import type { Split } from '../data/index.js'
import type { TrainEvent } from './events.js'
import { measured } from './measured.js'
import { globalStep } from './plan.js'
import type { Standing } from './standing.js'
import type { Trainer } from './trainer.js'

/**
 * The read-out from the sums over all training samples, after the last step; the checkpoint then holds it. False if the
 * signal cut it short: it begins anew when the training is resumed, and comes to the same numbers.
 */
export async function* solving(
  { readOut, plan, validation }: Trainer,
  standing: Standing,
  now: () => number,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrainEvent, boolean> {
  if (!readOut) return true
  const begin = now()
  const gathered = (what: 'training' | 'validation', split: Split) =>
    measured(what, split.count, readOut.gather(split, signal))
  const learned = yield* gathered('training', readOut.training)
  const heldOut = learned && readOut.lambdas.length > 1 ? yield* gathered('validation', validation) : undefined
  if (!learned || signal?.aborted) return false
  const { lambda, tried } = await readOut.solve(learned, heldOut)
  yield {
    event: 'read-out',
    step: globalStep(plan, standing.at),
    samples: learned.count / readOut.views,
    ...{ features: learned.features, lambda, tried },
    seconds: (now() - begin) / 1000,
  }
  // The place is the same, and its checkpoint another: one is kept anew for a new place alone.
  standing.at = { ...standing.at }
  yield* standing.save()
  return true
}
