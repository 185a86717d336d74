// At most 260 s: seventeen trainings over ten clients, two of which lie, attack by attack, on drawn digits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGlyphs } from '../../src/data/glyphs/glyphs.js'
import { type DataSet, dataSet, labelledImages } from '../../src/data/index.js'
import type { AggregationName } from '../../src/distributed/federated/aggregate/table.js'
import type { Learner } from '../../src/distributed/federated/client/client.js'
import { stream } from '../../src/random/stream.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { type Case, federated } from '../distributed/federated/memory-run.js'

const { train, test: heldOut } = makeGlyphs({ train: 3000, test: 600 })
const names = Array.from({ length: 10 }, (_, digit) => `${digit}`)
const data = dataSet({ name: 'digits', ...labelledImages([1, 28, 28], names), train, test: heldOut })

const isHostile = (client: number): boolean => client === 2 || client === 7

/** A client that sends something else than it learned. */
const sending =
  (change: (delta: Float32Array, round: number) => Float32Array): NonNullable<Case['change']> =>
  (learner: Learner, client) => {
    if (!isHostile(client)) return learner
    return {
      ...learner,
      async learn(...given) {
        const lesson = await learner.learn(...given)
        const tensors = lesson?.tensors.map((own) => ({ ...own, data: change(own.data as Float32Array, given[1]) }))
        return lesson && { ...lesson, tensors: tensors! }
      },
    }
  }

const noise = (delta: Float32Array, round: number): Float32Array => {
  const out = new Float32Array(delta.length)
  stream(8, round, `hostile ${delta.length}`).normal(out)
  return out
}

/** 9 for 0, 8 for 1. */
const flipped = (own: DataSet, client: number): DataSet =>
  isHostile(client)
    ? { ...own, train: { ...own.train, targets: Uint8Array.from(own.train.targets!, (label) => 9 - label) } }
    : own

const ATTACKS: Readonly<Record<string, Pick<Case, 'change' | 'own'>>> = {
  'sign flip': { change: sending((delta) => delta.map((value) => -5 * value)) },
  'scaling by 100': { change: sending((delta) => delta.map((value) => 100 * value)) },
  noise: { change: sending(noise) },
  'label flip': { own: flipped },
}

async function accuracyOf(aggregate: AggregationName, attack: Pick<Case, 'change' | 'own'> = {}): Promise<number> {
  const { done } = await federated({
    ...{ rule: backprop as AnyRule, hyper: { units: [32], rate: 0.01 }, data, options: { batch: 25 } },
    ...{ federated: { clients: 10, rounds: 8, localEpochs: 2, aggregate }, ...attack },
  })
  return done.test.network!.accuracy!
}

/**
 * What each attack may cost trimmed mean and median, in parts of the accuracy. Two points are the aim. Of each number they
 * cut as many honest ones on the one side as liars on the other: what is left is shifted by a part of the spread among
 * honest clients, in every round. 5.8 points were seen of signs and 2.5 of labels after these rounds, 7.5 and 2.8 after
 * three times as many. Krum leaves out the whole of a liar's update, and has no such shift.
 */
const COSTS: Readonly<Record<string, number>> = {
  'sign flip': 0.08,
  'scaling by 100': 0.02,
  noise: 0.02,
  'label flip': 0.04,
}

/** The samples of two clients are missed, too: 2.2 points were seen, whatever the attack. */
const KRUM = 0.03

test('the plain mean does not stand two liars of ten', async () => {
  const clean = await accuracyOf('mean')
  assert.ok(clean > 0.8, `${clean}`)
  for (const name of ['sign flip', 'scaling by 100', 'noise']) {
    const made = await accuracyOf('mean', ATTACKS[name])
    assert.ok(made < clean - 0.1, `${name}, mean: ${made}, clean ${clean}`)
  }
})

test('trimmed mean, median and Krum stand them', async () => {
  const clean = await accuracyOf('mean')
  const missed: string[] = []
  for (const [name, attack] of Object.entries(ATTACKS))
    for (const how of ['trimmed-mean', 'median', 'krum'] as const) {
      const made = await accuracyOf(how, attack)
      const cost = how === 'krum' ? KRUM : COSTS[name]!
      if (made < clean - cost) missed.push(`${name}, ${how}: ${made}, clean ${clean}`)
    }
  assert.deepEqual(missed, [])
})
