import { UsageError } from '../../errors.js'
import type { Split } from '../dataset.js'
import { holdOut } from '../split.js'
import type { Meant } from './meaning.js'

/** Of the split: the same test part for everyone, whatever the seed of a training. */
const SEED = 2026

interface Splits {
  readonly train: Split
  readonly test: Split
  /** How it was split, for people. */
  readonly split: string
}

/**
 * The test part that the files keep apart, or else `share` of the samples at random, of each class its share. Throws a
 * UsageError where there are too few samples to share.
 */
export function withTest({ train, test, target }: Meant, share: number, path: string): Splits {
  if (test) return { train, test, split: 'the files keep the test part apart' }
  if (train.count < 2)
    throw new UsageError(`${path} holds ${train.count} samples: at least 2 are needed, for training and for the test.`)
  const count = Math.min(Math.max(1, Math.round(share * train.count)), train.count - 1)
  const isClass = target.kind === 'class'
  const parts = holdOut(train, isClass ? train.targets! : new Uint8Array(train.count), count, SEED)
  const how = isClass ? 'at random, of each class its share' : 'at random'
  const percent = `${Number((100 * share).toPrecision(3))} %`
  return { train: parts.train, test: parts.validation, split: `${percent} of the samples are for the test, ${how}` }
}
