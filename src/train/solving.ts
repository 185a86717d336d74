import type { Split } from '../data/index.js'
import type { TrainEvent } from './events.js'
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
  const gathered = async function* (what: 'training' | 'validation', split: Split) {
    const work = readOut.gather(split, signal)
    for (let done = 0; ; ) {
      yield { event: 'measuring', what, done, of: split.count } as const
      const next = await work.next()
      if (next.done) return next.value
      done = next.value
    }
  }
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
  standing.at = { ...standing.at }
  yield* standing.save()
  return true
}
