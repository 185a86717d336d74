// Differential privacy beside published values.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { epsilonOf, renyiDivergence } from '../../../src/distributed/federated/privacy/accountant.js'
import { privateMean } from '../../../src/distributed/federated/privacy/noise.js'
import { stream } from '../../../src/random/stream.js'

test('epsilon is what was published', () => {
  // Abadi et al. 2016 (arXiv 1607.00133), section 3.2: q = 0.01, sigma = 4, delta = 1e-5, 10,000 steps: 1.26.
  assert.equal(epsilonOf(10_000, 1e-5, { rate: 0.01, noise: 4 }).toFixed(2), '1.26')
  // The table in the README of TensorFlow Privacy's tutorials: MNIST, batches of 256 of 60,000, delta = 1e-5.
  const published: [noise: number, epochs: number, epsilon: number][] = [
    [1.3, 15, 1.19],
    [1.1, 60, 3.01],
    [0.7, 45, 7.1],
  ]
  for (const [noise, epochs, epsilon] of published) {
    const made = epsilonOf(Math.floor((epochs * 60_000) / 256), 1e-5, { rate: 256 / 60_000, noise })
    // They look at fractional orders too, which lowers the bound a little where epsilon is large.
    assert.ok(made >= epsilon - 0.005 && made < epsilon * 1.005, `${noise}: ${made}`)
  }
})

test('where everybody takes part, a round is the Gaussian mechanism: order / (2 noise^2)', () => {
  assert.equal(renyiDivergence(8, { rate: 1, noise: 2 }), 1)
  // Mironov 2017, proposition 3, minimised over all orders: eps = T/(2 s^2) + sqrt(2 T ln(1/delta))/s.
  const [rounds, noise, delta] = [20, 10, 1e-5]
  const exact = rounds / (2 * noise ** 2) + Math.sqrt(2 * rounds * Math.log(1 / delta)) / noise
  const made = epsilonOf(rounds, delta, { rate: 1, noise })
  assert.ok(made >= exact && made < 1.01 * exact, `${made} and ${exact}`)
  // Nearly everybody is nearly that.
  assert.ok(Math.abs(renyiDivergence(8, { rate: 1 - 1e-9, noise: 2 }) - 1) < 1e-6)
})

test('epsilon grows with rounds, falls with noise, and is infinite without', () => {
  const at = (rounds: number, noise: number) => epsilonOf(rounds, 1e-5, { rate: 0.1, noise })
  assert.ok(at(10, 1) < at(20, 1) && at(10, 2) < at(10, 1))
  assert.equal(at(1, 0), Number.POSITIVE_INFINITY)
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
