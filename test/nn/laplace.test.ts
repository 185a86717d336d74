import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { laplaceDivergence, laplaceVariance, softThreshold } from '../../src/nn/index.js'
import { close, differences, numbers, slopes } from './evaluate.js'

const density = (x: number, m: number, b: number): number => Math.exp(-Math.abs(x - m) / b) / (2 * b)

/** The integral over the line, by the midpoint rule. */
function integral(f: (x: number) => number): number {
  const step = 1e-3
  let sum = 0
  for (let x = -40 + step / 2; x < 40; x += step) sum += step * f(x)
  return sum
}

const divergence = (m: number, b: number): number[] => numbers(laplaceDivergence(constant([m], [1, 1]), constant([b])))

test('the divergence from the prior is its integral', () => {
  for (const [m, b] of [
    [0.8, 0.4],
    [-2, 1.5],
    [0, 0.2],
  ] as const)
    close(divergence(m, b), [integral((x) => density(x, m, b) * Math.log(density(x, m, b) / density(x, 0, 1)))], 1e-5)
})

test('its limits: 0 at the prior itself, |m| - ln b - 1 for a narrow posterior, and |m| + b large for what is far', () => {
  close(divergence(0, 1), [0])
  close(divergence(3, 1e-3), [3 - Math.log(1e-3) - 1], 1e-9)
  close(divergence(0, 50), [50 - Math.log(50) - 1], 1e-12)
})

test('it sums over the components of a sample', () => {
  const mean = constant([0.5, -1, 0, 2], [2, 2])
  const each = [0.5, -1, 0, 2].map((m, i) => divergence(m, i % 2 === 0 ? 0.3 : 0.7)[0]!)
  close(numbers(laplaceDivergence(mean, constant([0.3, 0.7]))), [each[0]! + each[1]!, each[2]! + each[3]!])
})

test('its slopes are those of central differences', () => {
  const [mean, scale] = [constant([0.5, -1.2], [1, 2]), constant([0.4, 0.9])]
  const nats = laplaceDivergence(mean, scale)
  for (const x of [mean, scale]) close(slopes(nats, x), differences(nats, x), 1e-7)
})

test('the variance is the integral of the square', () => {
  close(numbers(laplaceVariance(constant([0.7]))), [integral((x) => x * x * density(x, 0, 0.7))], 1e-5)
})

test('the soft threshold takes off what is small, and as much of what is large', () => {
  close(numbers(softThreshold(constant([-2, -0.3, 0, 0.4, 1.5]), constant(0.5))), [-1.5, 0, 0, 0, 1])
})
