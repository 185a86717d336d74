import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, type Tensor } from '../../src/graph/index.js'
import {
  batchNorm,
  batchNormalized,
  batchNormalizer,
  batchNormInference,
  convolved,
  convolvedAffine,
  GOODNESS,
  instanceNorm,
  layerNorm,
  NORMALIZATIONS,
  rootMeanSquared,
  scale,
  statistics,
} from '../../src/nn/index.js'
import { close, differences, normals, numbers, slopes } from './evaluate.js'

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const variance = (values: readonly number[]): number => mean(values.map((x) => (x - mean(values)) ** 2))
/** (x - mean) / sqrt(variance + epsilon) of the values at the same `key`. */
function standardizedBy(values: readonly number[], key: (index: number) => number, epsilon = 1e-5): number[] {
  return values.map((x, i) => {
    const own = values.filter((_, j) => key(j) === key(i))
    return (x - mean(own)) / Math.sqrt(variance(own) + epsilon)
  })
}

describe('normalisations without parameters', () => {
  const x = constant([3, 4, 0, 0, 1, 1, 1, 1], [2, 4])

  test('closed forms', () => {
    close(numbers(NORMALIZATIONS.length(x)), [1.2, 1.6, 0, 0, 1, 1, 1, 1], 2e-8)
    close(numbers(NORMALIZATIONS.unit(x)), [0.6, 0.8, 0, 0, 0.5, 0.5, 0.5, 0.5], 1e-4)
    close(numbers(NORMALIZATIONS.unit(x)).slice(0, 1), [3 / (5 + 1e-4)])
    close(
      numbers(NORMALIZATIONS.layer(x)),
      standardizedBy(numbers(x), (i) => Math.floor(i / 4)),
    )
    assert.equal(NORMALIZATIONS.none(x), x)
  })

  test('a silent sample stays silent and finite', () => {
    const zeros = constant([0, 0, 0, 0], [1, 4])
    for (const normalize of Object.values(NORMALIZATIONS)) assert.deepEqual(numbers(normalize(zeros)), [0, 0, 0, 0])
  })
})

// Specification, section 11.3: the layer above must not be able to read the goodness of the layer below.
describe('hiding goodness', () => {
  const activity = normals('activity', [3, 4, 2, 2]).relu()
  const louder = activity.mul(constant([1, 3, 1], [3, 1, 1, 1]))
  const change = (normalize: (x: Tensor) => Tensor): number => {
    const [a, b] = [numbers(normalize(activity)), numbers(normalize(louder))]
    return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)))
  }
  const batch = (x: Tensor): Tensor => batchNorm(x, statistics(4)).output

  test('three times the activity of a sample changes nothing under per-sample normalisations', () => {
    assert.ok(change(NORMALIZATIONS.length) < 1e-7)
    assert.ok(change(NORMALIZATIONS.unit) < 1e-4)
    assert.ok(change(NORMALIZATIONS.layer) < 1e-4)
  })

  test('and shows under batch normalisation, or none', () => {
    assert.ok(change(batch) > 0.1)
    assert.ok(change(NORMALIZATIONS.none) > 0.1)
  })

  test('length hides the mean of squares, layer normalisation also the mean', () => {
    const x = normals('x', [5, 6, 2, 2]).relu().mul(7)
    close(numbers(GOODNESS.mean(NORMALIZATIONS.length(x))), [1, 1, 1, 1, 1], 1e-7)
    close(numbers(layerNorm(x).mean([1, 2, 3])), [0, 0, 0, 0, 0], 1e-14)
  })
})

test('instance normalisation: each channel of a sample by itself, over its places', () => {
  const x = normals('places', [2, 3, 2, 2])
  close(
    numbers(instanceNorm(x)),
    standardizedBy(numbers(x), (i) => Math.floor(i / 4)),
  )
})

describe('layer normalisation', () => {
  const shape = [2, 4, 2, 1]
  const x = normals('maps', shape)
  const own = { gain: constant([1, 2, -1, 0.5]), bias: constant([0, 1, 2, 3]) }
  const channel = (i: number): number => Math.floor(i / 2) % 4
  const scaled = (values: number[]): number[] =>
    values.map((v, i) => v * numbers(own.gain)[channel(i)]! + numbers(own.bias)[channel(i)]!)

  test('its closed form, with and without gain and bias', () => {
    const layers = standardizedBy(numbers(x), (i) => Math.floor(i / 8))
    close(numbers(layerNorm(x)), layers)
    close(numbers(layerNorm(x, { scale: own })), scaled(layers))
    close(numbers(layerNorm(x, { scale: scale(4) })), layers)
  })

  test('its gradients', () => {
    const y = layerNorm(x, { scale: own }).mul(normals('weights', shape))
    for (const source of [x, own.gain, own.bias]) close(slopes(y, source), differences(y, source), 1e-8)
  })
})

describe('batch normalisation', () => {
  const shape = [3, 2, 2, 1]
  const x = normals('batch', shape).mul(3).add(1)
  const channel = (i: number): number => Math.floor(i / 2) % 2
  const values = numbers(x)
  const ofChannel = (c: number): number[] => values.filter((_, i) => channel(i) === c)
  const own = { gain: constant([2, -1]), bias: constant([0.5, 3]) }

  test('its closed form over batch and places', () => {
    const normal = standardizedBy(values, channel)
    close(numbers(batchNorm(x, statistics(2)).output), normal)
    const scaled = normal.map((v, i) => v * [2, -1][channel(i)]! + [0.5, 3][channel(i)]!)
    close(numbers(batchNorm(x, statistics(2), { scale: own }).output), scaled)
    const rows = normals('dense', [5, 2])
    close(
      numbers(batchNorm(rows, statistics(2)).output),
      standardizedBy(numbers(rows), (i) => i % 2),
    )
  })

  test('running statistics move by the momentum towards the mean and the unbiased variance', () => {
    const before = { mean: constant([1, 2]), variance: constant([3, 4]) }
    const { next } = batchNorm(x, before, { momentum: 0.25 })
    const means = [0, 1].map((c) => mean(ofChannel(c)))
    const variances = [0, 1].map((c) => (variance(ofChannel(c)) * 6) / 5)
    close(numbers(next.mean), [0.75 * 1 + 0.25 * means[0]!, 0.75 * 2 + 0.25 * means[1]!])
    close(numbers(next.variance), [0.75 * 3 + 0.25 * variances[0]!, 0.75 * 4 + 0.25 * variances[1]!])
    assert.deepEqual(slopes(next.mean.add(next.variance), x), new Array(12).fill(0))
  })

  test('in use, the statistics it was given normalise each sample by itself', () => {
    const running = { mean: constant([1, -2]), variance: constant([4, 0.25]) }
    const y = batchNormInference(x, running, { scale: own })
    const expected = values.map((v, i) => {
      const c = channel(i)
      return ([2, -1][c]! * (v - [1, -2][c]!)) / Math.sqrt([4, 0.25][c]! + 1e-5) + [0.5, 3][c]!
    })
    close(numbers(y), expected)
    close(numbers(batchNormInference(x.slice(0, 1, 2), running, { scale: own })), expected.slice(4, 8))
    close(numbers(batchNormInference(x, statistics(2), { epsilon: 0 })), values)
  })

  test('in use after one batch of full momentum it agrees with training, but for the unbiased variance', () => {
    const { output, next } = batchNorm(x, statistics(2), { momentum: 1, epsilon: 0 })
    const biased = { ...next, variance: next.variance.mul(5 / 6) }
    close(numbers(batchNormInference(x, biased, { epsilon: 0 })), numbers(output))
  })

  test('its gradient passes through the batch statistics', () => {
    const y = batchNorm(x, statistics(2), { scale: own }).output.mul(normals('weights', shape))
    for (const source of [x, own.gain, own.bias]) close(slopes(y, source), differences(y, source), 1e-8)
  })

  test('one number of each channel is refused in training, and is no trouble in use', () => {
    const refused = {
      name: 'UserError',
      message:
        'batch normalisation needs more than one number of each channel to train, and [1, 2] has one: take a larger batch',
    }
    const row = constant([2, 3], [1, 2])
    const pass = { running: statistics(2), training: true }
    assert.throws(() => batchNorm(row, statistics(2)), refused)
    assert.throws(() => batchNormalized(row, pass), refused)
    assert.throws(() => batchNormalizer(row, pass), refused)
    close(numbers(batchNormalized(row, { ...pass, training: false }, { epsilon: 0 }).output), [2, 3])
    const { next } = batchNorm(constant([2, 4, 3, 3], [1, 2, 2, 1]), statistics(2))
    close(numbers(next.variance), [0.9 + 0.1 * 2, 0.9])
  })
})

test('a normalisation goes into the kernels behind it: values and slopes as if images were rewritten, edges too', () => {
  const images = normals('images', [3, 2, 4, 5])
  const weight = normals('kernels', [4, 2, 3, 3])
  const scale = { gain: constant([0.7, -1.3]), bias: constant([0.2, -0.4]) }
  const normal = batchNormalizer(images, { running: statistics(2), training: true }, { scale })
  const folded = convolvedAffine(images, weight, normal, { padding: 'same' })
  const { output } = batchNorm(images, statistics(2), { scale })
  const rewritten = convolved(output, weight, { padding: 'same' })
  close(numbers(folded), numbers(rewritten), 1e-12)
  for (const parameter of [images, weight, scale.gain, scale.bias])
    close(slopes(folded.square(), parameter), slopes(rewritten.square(), parameter), 1e-9)
  close(numbers(normal.running.mean), numbers(images.mean([0, 2, 3]).mul(0.1)))
})

test('a division by the root mean square hides how active a sample was', () => {
  const z = normals('z', [2, 3, 4, 4])
  close(numbers(rootMeanSquared(z.mul(3))), numbers(rootMeanSquared(z)), 1e-6)
  close(numbers(rootMeanSquared(z).square().mean([1, 2, 3])), [1, 1], 1e-6)
})
