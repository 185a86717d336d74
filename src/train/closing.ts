import type { DataSet } from '../data/index.js'
import type { TrainConfig } from './config.js'
import type { Scores, TrainEvent } from './events.js'
import { measured } from './measured.js'
import type { Trainer } from './trainer.js'

/**
 * The held-out samples of a training that has come to its end: `score` is what was measured of the validation samples
 * since the last step, if anything was. Undefined where the signal cut it short.
 */
export async function* closing(
  trainer: Trainer,
  { data, signal, test: wanted }: Pick<TrainConfig, 'signal' | 'test'> & { readonly data: DataSet },
  score: Scores | undefined,
): AsyncGenerator<TrainEvent, { readonly test: Scores; readonly validation?: Scores } | undefined> {
  const { validation } = trainer
  const held =
    score ?? (validation.count > 0 ? yield* measuredSplit(trainer, 'validation', validation, signal) : undefined)
  if (signal?.aborted) return undefined
  const test = wanted === false ? {} : yield* measuredSplit(trainer, 'test', data.test, signal)
  return test && { test, ...(held && { validation: held }) }
}

/** Measures samples and tells of it; undefined where the signal cut it short. */
export const measuredSplit = (
  trainer: Trainer,
  what: 'validation' | 'test',
  split: DataSet['test'],
  signal: AbortSignal | undefined,
) => measured(what, split.count, trainer.measuring(split, signal))
