// Differential privacy beside the exact bound, and what clients read beside the models.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectCache } from '../../../src/distributed/federated/model.js'
import { epsilonOf } from '../../../src/distributed/federated/privacy/accountant.js'
import { privateMean } from '../../../src/distributed/federated/privacy/noise.js'
import { readRound } from '../../../src/distributed/federated/round/state.js'
import { stream } from '../../../src/random/stream.js'
import { backprop } from '../../../src/rules/backprop.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { type Case, federated } from './memory-run.js'

/** The standard normal distribution, by Simpson's rule from 40 deviations below. */
function normalBelow(x: number): number {
  const steps = 20_000
  const [from, width] = [-40, (x + 40) / steps]
  let sum = 0
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    sum += weight * Math.exp(-((from + i * width) ** 2) / 2)
  }
  return (sum * width) / 3 / Math.sqrt(2 * Math.PI)
}

test('epsilon holds: its exact delta is within what was asked for, and three quarters of it would not be', () => {
  // Balle and Wang 2018 (arXiv 1805.06530), theorem 5: rounds of the Gaussian mechanism are one of noise / sqrt(rounds).
  for (const [rounds, delta, noise] of [
    [1, 1e-5, 1],
    [5, 1e-5, 1],
    [20, 1e-5, 10],
    [50, 1e-6, 20],
  ] as const) {
    const sigma = noise / Math.sqrt(rounds)
    const exact = (epsilon: number): number =>
      normalBelow(1 / (2 * sigma) - epsilon * sigma) -
      Math.exp(epsilon) * normalBelow(-1 / (2 * sigma) - epsilon * sigma)
    const told = epsilonOf(rounds, delta, noise)
    assert.ok(exact(told) <= delta, `${rounds} rounds, noise ${noise}: ${told}`)
    assert.ok(exact(0.75 * told) > delta, `${rounds} rounds, noise ${noise}: ${told}`)
  }
})

test('epsilon is the best over all orders of Rényi divergence', () => {
  for (const [rounds, noise] of [
    [1, 1],
    [20, 10],
  ] as const) {
    const at = (order: number): number => (rounds * order) / (2 * noise ** 2) + Math.log(1e5) / (order - 1)
    const best = Math.min(...Array.from({ length: 100_000 }, (_, i) => at(1 + (i + 1) / 1000)))
    assert.ok(Math.abs(epsilonOf(rounds, 1e-5, noise) / best - 1) < 1e-5)
  }
})

test('epsilon grows with rounds, falls with noise, and is infinite without', () => {
  const at = (rounds: number, noise: number) => epsilonOf(rounds, 1e-5, noise)
  assert.ok(at(10, 1) < at(20, 1) && at(10, 2) < at(10, 1))
  assert.equal(at(1, 0), Number.POSITIVE_INFINITY)
})

const net: Case = { rule: backprop as AnyRule, hyper: { units: [8] }, federated: { clients: 4, rounds: 2 } }
const noisy: Case = { ...net, federated: { ...net.federated, noise: 1, clip: 0.5 } }

test('rounds that ask some of the clients count for all of them: who is asked is no secret', async () => {
  const { rounds } = await federated({ ...noisy, federated: { ...noisy.federated, wanted: 1 } })
  assert.deepEqual(
    rounds.map(({ asked, epsilon }) => ({ asked, epsilon })),
    [1, 2].map((round) => ({ asked: 2, epsilon: epsilonOf(round, 1e-5, 1) })),
  )
})

test('with noise, what clients can read holds no norm, no count of samples, and no hash that could be guessed', async () => {
  const readable = async (own: Case) => {
    const { transport, rounds } = await federated(own)
    const { state } = (await readRound(transport))!
    const { inputs } = await objectCache(transport, 'run').model(rounds[0]!.model)
    return { norms: state.norms, accepted: state.accepted, inputs }
  }
  const [open, same] = [await readable(net), await readable(net)]
  assert.equal(open.norms.length, 8)
  assert.ok(open.inputs.every(({ samples }) => samples! > 0))
  assert.deepEqual(same.inputs, open.inputs)
  const [hidden, again] = [await readable(noisy), await readable(noisy)]
  assert.deepEqual(hidden.norms, [])
  for (const input of [...hidden.accepted, ...hidden.inputs]) assert.deepEqual(Object.keys(input), ['client', 'hash'])
  // The uploads of a first round are the same numbers in both runs.
  for (const [k, { client, hash }] of hidden.inputs.entries())
    assert.notEqual(hash, again.inputs[k]!.hash, `the hash of what ${client} sent follows from its numbers`)
})

test('a private mean is the mean of clipped updates with noise of the length that was asked for', () => {
  const size = 20_000
  const deltas = [Float32Array.of(3, 4), Float32Array.of(0, 0.5)].map((own) => {
    const delta = new Float32Array(size)
    delta.set(own)
    return { delta }
  })
  const plain = privateMean(deltas, 2, { noise: 0, clip: 1 }, stream(1, 0, 'a'))
  assert.ok(Math.abs(plain[0]! - 0.3) < 1e-6 && Math.abs(plain[1]! - (0.8 + 0.5) / 2) < 1e-6)
  const noisy = privateMean(deltas, 4, { noise: 2, clip: 3 }, stream(1, 0, 'a'))
  const deviation = Math.sqrt(noisy.slice(2).reduce((sum, value) => sum + value ** 2, 0) / (size - 2))
  assert.ok(Math.abs(deviation / ((2 * 3) / 4) - 1) < 0.03, `${deviation}`)
})
