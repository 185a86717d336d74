import { gatherInputs, type Samples, type Split } from '../data/index.js'
import { UserError } from '../errors.js'
import { sizeOf } from '../graph/types.js'
import { type Features, metricOf, someRows } from './features.js'
import { distanceTo } from './frechet.js'
import type { Drawn, Generating } from './generating.js'
import { bitsPerDimension, importanceBounds } from './likelihood.js'
import { type FeatureMoments, momentsOf, noVectors, plus } from './moments.js'
import { type PrecisionRecall, precisionRecall } from './neighbours.js'

/** Images that a judgement looks at. */
export interface Evidence {
  readonly samples: Samples
  /** Real images that the network has not learned from: it is judged by these. */
  readonly against: Split
  /** Those that it has learned from: they give the floor. */
  readonly train: Split
}

export interface JudgeOptions {
  /** Images of each kind, at most; as many as there are of the scarcest. */
  readonly count: number
  /** Of the noise. */
  readonly seed: number
  /** Log weights of each image, of which the likelihood is the mean; 0: no likelihood. */
  readonly draws: number
  /** Images whose likelihood is measured, at most. */
  readonly likelihoods?: number
  /** Told what is measured, and the share of it that is done. */
  readonly onProgress?: ((what: string, done: number, of: number) => void) | undefined
}

export interface Judgement {
  /** The name of the distance: FD-FEATURES, or FID. */
  readonly metric: string
  readonly features: Pick<Features, 'name' | 'says' | 'size' | 'sha256'>
  /** Images of each kind; distances are comparable with others of as many alone. */
  readonly count: number
  /** Images of each kind among whose nearest neighbours precision and recall were counted. */
  readonly neighbours: number
  /** Training images against the real ones: what no network is expected to come below. */
  readonly floor: Compared
  readonly samples?: Compared
  /** Of the real images themselves, encoded and decoded: the floor does not hold for them. */
  readonly reconstructions?: Pick<Compared, 'distance'>
  readonly likelihood?: Likelihood
  /** Why none is told, where one was asked for. */
  readonly noLikelihood?: string
}

export interface Compared extends PrecisionRecall {
  readonly distance: number
}

/** Mean over images of a bound of ln p, in nats. */
export interface Likelihood {
  readonly of: string
  readonly isExact: boolean
  readonly images: number
  readonly draws: number
  readonly nats: number
  /** Of the mean over images. */
  readonly standardError: number
  /** The mean of single log weights: the evidence bound. */
  readonly evidenceBound: number
  /** Absent where images have no levels. */
  readonly bits?: number
}

/** Multiplications that finding neighbours may take: about five seconds. */
const MOST_PRODUCTS = 1.6e9
const LIKELIHOODS = 1000

/**
 * Compares what a network draws with real images by their features. Throws a UserError where there are fewer than four
 * images of a kind.
 */
export async function judgeImages(
  network: Generating,
  features: Features,
  { samples, against, train }: Evidence,
  { count: wanted, seed, draws, likelihoods = LIKELIHOODS, onProgress }: JudgeOptions,
): Promise<Judgement> {
  const count = Math.min(wanted, against.count, train.count)
  if (count < 4)
    throw new UserError(
      `judging needs four images of each kind at least; there are ${against.count} to judge by and ${train.count} to learn from`,
    )
  const { size } = features
  const neighbours = Math.min(count, Math.floor(Math.sqrt(MOST_PRODUCTS / size)))
  const [realRows, trainRows] = [someRows(against, count, 'real'), someRows(train, count, 'train')]

  const seen = async (what: string, images: AsyncGenerator<Drawn>): Promise<Seen> => {
    let moments = noVectors(size)
    const kept = new Float32Array(neighbours * size)
    for await (const { count: some, values } of images) {
      const rows = await features.of(values, some)
      const room = (neighbours - moments.count) * size
      if (room > 0) kept.set(rows.subarray(0, room), moments.count * size)
      moments = plus(moments, momentsOf(rows, size))
      onProgress?.(what, moments.count, count)
    }
    return { moments, kept }
  }

  const real = await seen('real images', imagesOf(samples, against, realRows))
  const toReal = distanceTo(real.moments)
  const compared = ({ moments, kept }: Seen): Compared => ({
    distance: toReal(moments),
    ...precisionRecall(real.kept, kept, size),
  })
  const floor = compared(await seen('training images', imagesOf(samples, train, trainRows)))
  const drawn = network.has.samples && compared(await seen('samples', network.samples(count, seed)))
  const remade =
    network.has.reconstructions &&
    toReal((await seen('reconstructions', network.reconstructions(against, realRows, seed))).moments)
  const rows = realRows.slice(0, likelihoods)
  const likelihood =
    draws > 0 && network.density ? await likelihoodOf(network, against, rows, seed, draws, onProgress) : undefined
  const { name, says, sha256 } = features
  return {
    metric: metricOf(features),
    features: { name, says, size, ...(sha256 !== undefined && { sha256 }) },
    ...{ count, neighbours, floor },
    ...(drawn && { samples: drawn }),
    ...(remade !== false && { reconstructions: { distance: remade } }),
    ...(likelihood && { likelihood: { ...likelihood, ...bitsOf(network, likelihood.nats, samples) } }),
    ...(draws > 0 && network.noDensity !== undefined && { noLikelihood: network.noDensity }),
  }
}

interface Seen {
  readonly moments: FeatureMoments
  /** The first vectors, [., D]. */
  readonly kept: Float32Array
}

const SOME = 200

async function* imagesOf(samples: Samples, split: Split, rows: Uint32Array): AsyncGenerator<Drawn> {
  for (let first = 0; first < rows.length; first += SOME) {
    const own = rows.subarray(first, first + SOME)
    const values = new Float32Array(own.length * sizeOf(samples.input.shape))
    gatherInputs(samples, split, own, values)
    yield { count: own.length, values }
  }
}

async function likelihoodOf(
  network: Generating,
  split: Split,
  rows: Uint32Array,
  seed: number,
  draws: number,
  onProgress: JudgeOptions['onProgress'],
): Promise<Omit<Likelihood, 'bits'>> {
  const weights: Float32Array[] = []
  for (let draw = 0; draw < draws; draw++) {
    const own = new Float32Array(rows.length)
    let done = 0
    for await (const { count, values } of network.logWeights(split, rows, seed, draw)) {
      own.set(values, done)
      done += count
    }
    weights.push(own)
    onProgress?.('likelihood', draw + 1, draws)
  }
  const bounds = importanceBounds(weights)
  const mean = (list: ArrayLike<number>): number => Array.from(list).reduce((sum, x) => sum + x, 0) / list.length
  const nats = mean(bounds)
  const variance = bounds.reduce((sum, x) => sum + (x - nats) ** 2, 0) / Math.max(1, rows.length - 1)
  const { of, isExact } = network.density!
  return {
    ...{ of, isExact, images: rows.length, draws, nats },
    standardError: Math.sqrt(variance / rows.length),
    evidenceBound: mean(weights.map(mean)),
  }
}

function bitsOf({ density }: Generating, nats: number, { input: { shape } }: Samples): { readonly bits?: number } {
  const { scale } = density!
  return scale === undefined ? {} : { bits: bitsPerDimension(nats, sizeOf(shape), scale) }
}
