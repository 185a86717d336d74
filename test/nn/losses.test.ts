import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { binaryCrossEntropy, crossEntropy, meanSquaredError, PAIR_LOSSES, squaredError } from '../../src/nn/index.js'
import { close, differences, numbers, slopes, whole } from './evaluate.js'

const logistic = (t: number): number => 1 / (1 + Math.exp(-t))
const GIVEN = { theta: 2, alpha: 4 }
const positive = constant([0.3, 2, 5, 1.1])
const negative = constant([1, 2, 0.2, 1.1])

describe('losses on pairs of goodness', () => {
  test('threshold: derivatives -1/2 and +1/2 at the threshold, logistic elsewhere', () => {
    const loss = PAIR_LOSSES.threshold(positive, negative, GIVEN)
    const [p, n] = [slopes(loss, positive), slopes(loss, negative)]
    assert.deepEqual([p[1], n[1]], [-0.5, 0.5])
    close(
      p,
      numbers(positive).map((g) => -logistic(2 - g)),
    )
    close(
      n,
      numbers(negative).map((g) => logistic(g - 2)),
    )
    assert.equal(numbers(loss)[1], 2 * Math.LN2)
  })

  test('symba: the two derivatives cancel, and have their closed form', () => {
    const loss = PAIR_LOSSES.symba(positive, negative, GIVEN)
    const gaps = numbers(positive).map((g, i) => g - numbers(negative)[i]!)
    const [p, n] = [slopes(loss, positive), slopes(loss, negative)]
    close(
      p.map((slope, i) => slope + n[i]!),
      [0, 0, 0, 0],
      0,
    )
    close(
      p,
      gaps.map((gap) => -4 * logistic(-4 * gap)),
    )
    close(
      numbers(loss),
      gaps.map((gap) => Math.log1p(Math.exp(-4 * gap))),
    )
  })

  test('swish: t s(t) of t = -alpha gap', () => {
    const loss = PAIR_LOSSES.swish(positive, negative, GIVEN)
    const ts = numbers(positive).map((g, i) => -4 * (g - numbers(negative)[i]!))
    close(
      numbers(loss),
      ts.map((t) => t * logistic(t)),
    )
    close(slopes(loss, positive), differences(loss, positive), 1e-8)
  })

  test('all are finite and right at gaps of +-80', () => {
    const far = constant([80, -80])
    const none = constant([0, 0])
    const at = (name: keyof typeof PAIR_LOSSES): [number[], number[]] => {
      const loss = PAIR_LOSSES[name](far, none, { theta: 0, alpha: 1 })
      return [numbers(loss), slopes(loss, far)]
    }
    // softplus(0) = ln 2 comes from the negatives of the threshold loss.
    close(at('threshold')[0], [Math.LN2, 80 + Math.LN2], 1e-14)
    close(at('symba')[0], [0, 80], 1e-14)
    close(at('swish')[0], [0, 80], 1e-14)
    for (const name of ['threshold', 'symba', 'swish'] as const) close(at(name)[1], [0, -1], 1e-14, name)
  })
})

test('cross-entropy: -ln p(label), derivative p - one-hot, stable at +-80', () => {
  const logits = constant([1, 2, 3, 80, -80, 0], [2, 3])
  const loss = crossEntropy(logits, whole(0, 1))
  const powers = [1, 2, 3].map(Math.exp)
  const sum = powers.reduce((a, b) => a + b)
  close(numbers(loss), [Math.log(sum) - 1, 160], 1e-13)
  close(slopes(loss, logits), [powers[0]! / sum - 1, powers[1]! / sum, powers[2]! / sum, 1, -1, 0], 1e-13)
})

test('binary cross-entropy of logits: its definition, derivative s(z) - t, stable at +-80', () => {
  const z = constant([0.5, -1.5, 80, -80])
  const t = [1, 0.25, 0, 1]
  const loss = binaryCrossEntropy(z, constant(t))
  const define = (x: number, target: number) =>
    -target * Math.log(logistic(x)) - (1 - target) * Math.log(1 - logistic(x))
  close(numbers(loss), [define(0.5, 1), define(-1.5, 0.25), 80, 80], 1e-13)
  close(
    slopes(loss, z),
    numbers(z).map((x, i) => logistic(x) - t[i]!),
    1e-13,
  )
})

test('squared errors: the sum and the mean over a sample', () => {
  const a = constant([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])
  const b = constant([1, 0, 3, 1, 5, 6, 7, 7], [2, 2, 2])
  assert.deepEqual(numbers(squaredError(a, b)), [13, 1])
  assert.deepEqual(numbers(meanSquaredError(a, b)), [13 / 4, 1 / 4])
})

test('label smoothing spreads a share evenly: its gradient is softmax minus the smoothed label', () => {
  const logits = constant([0.2, -1, 3, 1, 1, -0.5], [2, 3])
  const labels = whole(2, 0)
  close(numbers(crossEntropy(logits, labels, 0)), numbers(crossEntropy(logits, labels)))
  const z = numbers(logits)
  const expected = [2, 0].flatMap((label, row) => {
    const powers = z.slice(3 * row, 3 * row + 3).map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    return powers.map((power, k) => power / sum - (0.1 / 3 + (k === label ? 0.9 : 0)))
  })
  close(slopes(crossEntropy(logits, labels, 0.1), logits), expected)
})
