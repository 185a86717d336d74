import { permutation } from '../../../data/batches.js'
import { type DataSet, outputCount, type Split, select } from '../../../data/index.js'
import { UsageError } from '../../../errors.js'
import { type Stream, stream } from '../../../random/stream.js'
import { kindOf } from '../../../targets/index.js'

/** How unlike the clients' data are: `even`, or the concentration of their classes, the smaller the more unlike. */
export type Alpha = 'even' | number

/**
 * The samples of each client, by their places, in ascending order: every sample has one client, and clients have as
 * many as each other to within one. `even`: at random. With a number each client draws the shares of the classes that it
 * has from a Dirichlet distribution, alpha times the shares of the whole set, and its samples by them, without
 * replacement (Hsu, Qi and Brown 2019, arXiv 1909.06335, section 2.1). Where a class has no samples left, the others
 * take its share (reconstructed); clients are dealt to in turns, so that none has to take what is left of all.
 */
export function partition(
  { train, target }: Pick<DataSet, 'train' | 'target'>,
  clients: number,
  alpha: Alpha,
  seed: number,
): Uint32Array[] {
  if (!Number.isInteger(clients) || clients < 1)
    throw new UsageError(`clients are a whole number from 1, not ${clients}`)
  if (clients > train.count)
    throw new UsageError(`${clients} clients cannot share ${train.count} samples: ask for fewer`)
  if (alpha === 'even') {
    const order = permutation(train.count, stream(seed, 0, 'partition'))
    const from = (client: number): number => Math.floor((client * train.count) / clients)
    return Array.from({ length: clients }, (_, k) => order.slice(from(k), from(k + 1)).sort())
  }
  if (!(alpha > 0)) throw new UsageError(`alpha is even or a number above 0, not ${alpha}`)
  if (target.kind !== 'class')
    throw new UsageError(
      `alpha says how unlike the classes of clients are, and these data have none: choose --alpha even`,
    )
  return skewed(pools(train, target.count, seed), clients, alpha, train.count, seed)
}

/** The places of each class's samples, in a random order. */
function pools(train: Split, classes: number, seed: number): number[][] {
  const own: number[][] = Array.from({ length: classes }, () => [])
  for (const place of permutation(train.count, stream(seed, 1, 'partition'))) own[train.targets![place]!]!.push(place)
  return own
}

function skewed(own: number[][], clients: number, alpha: number, count: number, seed: number): Uint32Array[] {
  const logs = own.map((pool) => Math.log(alpha * (pool.length / count)))
  const wishes = Array.from({ length: clients }, (_, k) => dirichlet(logs, stream(seed, k, 'partition shares')))
  const taken: number[][] = wishes.map(() => [])
  const random = stream(seed, 2, 'partition')
  const uniform = new Float32Array(clients)
  for (let left = count; left > 0; left -= clients) {
    random.uniform(uniform)
    for (let k = 0; k < Math.min(clients, left); k++) {
      const label = drawn(wishes[k]!, own, uniform[k]!)
      taken[k]!.push(own[label]!.pop()!)
    }
  }
  return taken.map((places) => Uint32Array.from(places).sort())
}

/** A class by its share, among those that have samples left. */
function drawn(logShares: Float64Array, own: readonly number[][], uniform: number): number {
  const open = [...own.keys()].filter((label) => own[label]!.length > 0)
  // Shares may be as small as e^-1000: they are compared by their logarithms.
  const largest = Math.max(...open.map((label) => logShares[label]!))
  const shares = open.map((label) => Math.exp(logShares[label]! - largest))
  let left = uniform * shares.reduce((a, b) => a + b, 0)
  for (const [i, label] of open.entries()) {
    left -= shares[i]!
    if (left < 0) return label
  }
  return open.at(-1)!
}

/** The logarithms of a Dirichlet draw, from the logarithms of its concentrations: gammas, divided by their sum. */
function dirichlet(logConcentrations: readonly number[], random: Stream): Float64Array {
  const logs = Float64Array.from(logConcentrations, (log) =>
    log === Number.NEGATIVE_INFINITY ? log : logGamma(Math.exp(log), random),
  )
  const largest = Math.max(...logs)
  const sum = logs.reduce((all, log) => all + Math.exp(log - largest), 0)
  return logs.map((log) => log - largest - Math.log(sum))
}

/** The logarithm of a gamma draw (Marsaglia and Tsang 2000): of a shape below 1, one of shape + 1 times u^(1 / shape). */
function logGamma(shape: number, random: Stream): number {
  const [normal, uniform] = [new Float32Array(1), new Float32Array(1)]
  const nextUniform = (): number => {
    random.uniform(uniform)
    return uniform[0]! + 2 ** -25
  }
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(nextUniform()) / shape
  const d = shape - 1 / 3
  for (;;) {
    random.normal(normal)
    const x = normal[0]!
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(nextUniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return Math.log(d * v)
  }
}

/** The data set with only these of its training samples; scales and names stay those of all. */
export const partOf = (data: DataSet, places: ArrayLike<number>): DataSet => ({
  ...data,
  train: select(data.train, places),
})

/** How many samples of each group (class) a client has, for people. */
export function groupsOf({ train, target }: DataSet): number[] {
  const groups = kindOf(target)?.groups(train, outputCount(target))
  const counts = new Array<number>(outputCount(target)).fill(0)
  if (target.kind === 'class') for (let i = 0; i < train.count; i++) counts[groups![i]!]!++
  return counts
}
