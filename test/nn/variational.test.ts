import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { gaussianDivergence, gaussianSample } from '../../src/nn/index.js'
import { close, numbers, slopes } from './evaluate.js'

test('the divergence from the standard normal is its integral', () => {
  const [m, v] = [0.8, -0.6]
  const normal = (x: number, mean: number, logVariance: number): number =>
    Math.exp(-((x - mean) ** 2) / (2 * Math.exp(logVariance)) - logVariance / 2) / Math.sqrt(2 * Math.PI)
  const step = 1e-3
  let integral = 0
  for (let x = -10; x < 10; x += step)
    integral += step * normal(x, m, v) * Math.log(normal(x, m, v) / normal(x, 0, 0) || 1)
  close(numbers(gaussianDivergence(constant([m, m], [1, 2]), constant([v, v], [1, 2]))), [2 * integral], 1e-6)
  close(numbers(gaussianDivergence(constant([0], [1, 1]), constant([0], [1, 1]))), [0])
})

test('a sample moves with the mean, and with half of the log-variance times its own distance', () => {
  const [mean, logVariance, n] = [constant([1, -2]), constant([0.4, -1]), constant([0.3, -1.5])]
  const sample = gaussianSample(mean, logVariance, n)
  const distance = [0.3 * Math.exp(0.2), -1.5 * Math.exp(-0.5)]
  close(numbers(sample), [1 + distance[0]!, -2 + distance[1]!], 1e-6)
  assert.deepEqual(slopes(sample, mean), [1, 1])
  close(
    slopes(sample, logVariance),
    distance.map((d) => d / 2),
    1e-6,
  )
})
