// A read-out that is solved from sums over the samples of all clients, whatever the split.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Learner } from '../../../src/distributed/federated/client/client.js'
import { type Alpha, partition, partOf } from '../../../src/distributed/federated/partition/skew.js'
import { solveTogether } from '../../../src/distributed/federated/solve.js'
import { momentsOf, momentsTensors } from '../../../src/distributed/federated/wire/moments.js'
import type { UploadTensor } from '../../../src/distributed/federated/wire/tensors.js'
import { federatedWork } from '../../../src/distributed/federated/work.js'
import { openTrainer } from '../../../src/index.js'
import { stream } from '../../../src/random/stream.js'
import type { Moments } from '../../../src/readout/moments.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { uff } from '../../../src/rules/uff/uff.js'
import { compile } from '../../../src/runtime/compile.node.js'
import { lines } from '../../train/fixtures.js'
import { federated } from './memory-run.js'

const rule = uff as AnyRule
const hyper = { units: [10, 6], readOut: 'solved' }
const data = lines(240)

/** The sums of some samples, by cells that a seed alone determines. */
async function sumsOf(places: ArrayLike<number>): Promise<Moments> {
  const own = partOf(data, places)
  const options = { epochs: 1, batch: 10, validation: 0, seed: 3, threads: 1 }
  const trainer = await openTrainer({ rule, data: own, platform: { compile }, hyper, options })
  await trainer.load(await trainer.initialState())
  const work = trainer.readOut!.gather(trainer.readOut!.training, undefined, 'float64')
  let next = await work.next()
  while (!next.done) next = await work.next()
  await trainer.close()
  return next.value!
}

test('over given cells the weights are the same for any split, a client a class too, as with all samples in one place', async () => {
  const all = await sumsOf(Array.from({ length: 240 }, (_, i) => i))
  const readOut = { weight: 'w', bias: 'b', features: all.features, targets: all.targets, views: 1, lambda: 1 }
  const shapes = { w: [all.features, 3], b: [3] }
  const layout = Object.entries(shapes).map(([name, shape]) => ({ name, shape, block: 'classifier' }))
  const work = federatedWork({
    ...{
      turns: [{ kind: 'read-out' }],
      layout,
      blocks: ['classifier'],
      aggregate: 'mean',
      aggregateOptions: { trim: 0 },
    },
    ...{ readOut, secret: (round) => stream(0, round, 'secret') },
  })
  const solvedFrom = (uploads: readonly Moments[]) => {
    const taken = uploads.map((moments, k) => {
      const file = { tensors: momentsTensors(moments), metadata: {} }
      const samples = moments.count
      return { client: `c${k}`, samples, contribution: work.check(0, file, { samples, norms: [] }) }
    })
    const before = { tensors: { w: new Float32Array(all.features * 3), b: new Float32Array(3) }, server: {} }
    const { w, b } = work.merge(0, before, taken, { round: 1, asked: taken.length, norms: [] }).tensors
    return [...w!, ...b!]
  }
  const wanted = solvedFrom([all])
  const size = Math.max(...wanted.map(Math.abs))
  assert.ok(size > 0.05)
  const splits = (['even', 1, 0.01] as Alpha[]).map((alpha) => partition(data, 3, alpha, 5))
  const byClass = [0, 1, 2].map((label) =>
    Uint32Array.from([...data.train.targets!.keys()].filter((i) => data.train.targets![i] === label)),
  )
  for (const parts of [...splits, byClass, [...byClass].reverse()]) {
    const made = solvedFrom(await Promise.all(parts.map(sumsOf)))
    for (const [i, value] of made.entries())
      assert.ok(Math.abs(value - wanted[i]!) <= 1e-6 * size, `${i}: ${value}, ${wanted[i]}`)
  }
})

test('a federation of cells ends with a round of sums, and learns', async () => {
  const { rounds, done } = await federated({ rule, hyper, data, federated: { clients: 3, rounds: 2, alpha: 0.1 } })
  assert.equal(rounds.length, 3)
  assert.ok(done.test.network!.accuracy! > 0.7, `${done.test.network!.accuracy}`)
  const greedy = { rule, hyper, data, options: { schedule: 'greedy' } as const, federated: { clients: 3, rounds: 1 } }
  const layers = (await federated(greedy)).rounds.map(({ learns }) => learns)
  assert.deepEqual(layers, ['layer 0', 'layer 1', undefined])
})

test('a client with no more samples than features is refused, unless it is asked for', async () => {
  const few = { rule, hyper, data: lines(30), options: { batch: 5 }, federated: { clients: 2, rounds: 1 } }
  await assert.rejects(federated(few), /client-\d has 15 samples, and sums over no more samples than the 16 features/)
  const { done } = await federated({ ...few, federated: { ...few.federated, fewSamples: true } })
  assert.ok(done.test.network!.accuracy! > 0.3)
})

test('sums that no samples can have are refused', () => {
  const sizes = { features: 2, targets: 2 }
  const moments: Moments = {
    ...{ ...sizes, count: 3, targetSquares: 3, featureSums: Float64Array.of(1, 1), targetSums: Float64Array.of(1, 2) },
    ...{ gram: Float64Array.of(2, 0, 2), cross: Float64Array.of(1, 0, 0, 1) },
  }
  const read = (change: Partial<Moments>, rows = 3) =>
    momentsOf({ tensors: momentsTensors({ ...moments, ...change }), metadata: {} }, sizes, rows)
  assert.deepEqual({ ...read({}) }, moments)
  assert.throws(() => read({}, 6), /sums are of 3 rows, and its samples have 6/)
  assert.throws(() => read({ count: 1e9 }), /sums are of 1000000000 rows, and its samples have 3/)
  const classes = (...sums: number[]) => read({ targetSums: Float64Array.from(sums) })
  assert.throws(() => classes(-1, 4), /of its 3 rows -1 are of class 0/)
  assert.throws(() => classes(0, 1e6), /of its 3 rows 1000000 are of class 1/)
  assert.throws(() => classes(1.5, 1.5), /of its 3 rows 1.5 are of class 0/)
  assert.throws(() => classes(3, 3), /its classes have 6 rows together/)
  assert.throws(() => read({ targetSquares: 30 }), /with 30 as sum of squares, and it has 3/)
  assert.throws(() => read({ gram: Float64Array.of(2, 0, -1) }), /sum of squares of feature 1 is -1/)
  assert.throws(() => read({ cross: Float64Array.of(Number.NaN, 1, 0, 1) }), /cross holds numbers that are not finite/)
  assert.throws(() => momentsOf({ tensors: [], metadata: {} }, sizes, 3), /count is missing/)
})

test('a client whose sums are not those of the samples that it claims is left out, and the others are solved', async () => {
  /** Counts all that it sends in the round of sums a thousand times. */
  const change = (learner: Learner, client: number): Learner => ({
    ...learner,
    async learn(...given) {
      const lesson = await learner.learn(...given)
      const isSums = lesson?.tensors.some(({ name }) => name === 'gram')
      if (client !== 1 || !isSums) return lesson
      const times = ({ data, ...tensor }: UploadTensor) => ({ ...tensor, data: data.map((value) => 1000 * value) })
      return { ...lesson, tensors: lesson!.tensors.map(times) }
    },
  })
  const { rounds, done } = await federated({ rule, hyper, data, change, federated: { clients: 3, rounds: 1 } })
  const { answered, refused } = rounds.at(-1)!
  assert.deepEqual(answered, ['client-1', 'client-3'])
  assert.match(refused['client-2']!, /sums are of 80000 rows, and its samples have 80/)
  assert.ok(done.test.network!.accuracy! > 0.7)
})

test('sums that cannot be solved name the client that sent them', () => {
  const sums = (client: string, gram: Float64Array) => ({
    client,
    moments: {
      ...{ features: 2, targets: 1, count: 4, targetSquares: 4, gram },
      ...{ featureSums: Float64Array.of(0, 0), targetSums: Float64Array.of(0), cross: Float64Array.of(1, 1) },
    },
  })
  const honest = sums('clinic-a', Float64Array.of(4, 1, 4))
  // No two features go together better than each with itself.
  const liar = sums('clinic-b', Float64Array.of(4, 900, 4))
  assert.ok(solveTogether([honest, honest], 1).weight.every(Number.isFinite))
  assert.throws(
    () => solveTogether([honest, liar], 1),
    /the sums of clinic-b are those of no samples: start again without/,
  )
})
