// The lowest layer of Forward-Forward against one that reads label and image as one input, written out.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, constant, oneHot, range, type Tensor } from '../../src/graph/index.js'
import { convolve } from '../../src/nn/index.js'
import { firstLayer, type Weights } from '../../src/rules/forward-forward/first-layer.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { close, normals, numbers, whole } from '../nn/evaluate.js'
import { rowsOf, taskOf } from './harness.js'
import { lengthNormalized, oneHot as oneHotRow, preactivation, withCode } from './plain.js'

const CLASSES = 3
const IMAGES = 4
const STRENGTH = 1.75
const task = taskOf({ shape: [2, 4, 3], batch: IMAGES, classes: CLASSES })
const x = normals('images', [IMAGES, 2, 4, 3])
const random = { uniform: () => assert.fail(), normal: normals }

const layerOf = (network: 'dense' | 'convolutional', imageNormalization: 'length' | 'unit' = 'length') => {
  const hyper = { network, units: [5], labelStrength: STRENGTH, imageNormalization, energyFrom: 0 }
  const layer = firstLayer(task, forwardForward.hyper.parse(hyper))
  return { ...layer, parameters: { ...layer.init(random, 'layers.0'), bias: normals('bias', [5]) } }
}

/** One set of labels, [1, N, K]. */
const labelled = (...labels: number[]): Tensor => oneHot(whole(...labels), CLASSES).reshape([1, -1, CLASSES])
const NEUTRAL = constant(1 / CLASSES).broadcastTo([1, 1, CLASSES])
const EVERY = oneHot(range(CLASSES), CLASSES).reshape([CLASSES, 1, CLASSES])

const unitLength = (row: readonly number[]): number[] => {
  const length = Math.hypot(...row) + 1e-4
  return row.map((v) => v / length)
}

for (const [name, normalized] of Object.entries({ length: lengthNormalized, unit: unitLength }))
  test(`dense: image and label are normalised together, then multiplied: ${name}`, () => {
    const { parameters, preactivation: z } = layerOf('dense', name as 'length')
    const { label, weight, bias } = parameters
    const layer = { weight: rowsOf([...numbers(label!), ...numbers(weight)], 24), bias: numbers(bias) }
    const byHand = (codes: number[][]): number[] =>
      rowsOf(numbers(x), IMAGES).flatMap((image, i) => preactivation(layer, normalized(withCode(image, codes[i]!))))
    const labels = [1, 0, 2, 1]
    close(
      numbers(z(parameters, x, labelled(...labels))),
      byHand(labels.map((k) => oneHotRow(k, CLASSES, STRENGTH))),
      1e-12,
    )
    close(numbers(z(parameters, x, NEUTRAL)), byHand(labels.map(() => [0, 0, 0].fill(STRENGTH / 3))), 1e-12)
  })

test('convolutional: the label is a channel of signs, normalised and convolved with the image', () => {
  const { parameters, preactivation: z } = layerOf('convolutional')
  const { label, weight, bias } = parameters
  // Weights that copy the label's channel show the pattern of each class, times the image's factor of normalisation.
  const centre = constant([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 1, 3, 3]).broadcastTo([5, 1, 3, 3])
  const copied: Weights = { weight: weight.mul(0), label: centre, bias: bias.mul(0) }
  for (const k of [0, 1, 2]) {
    const shown = rowsOf(numbers(z(copied, x, labelled(k, k, k, k)).slice(1, 0, 1)), IMAGES)
    const signs = shown[0]!.map(Math.sign)
    assert.deepEqual([...new Set(signs)].sort(), [-1, 1])
    const pattern = signs.map((sign) => sign * STRENGTH)
    const channels = rowsOf(numbers(x), IMAGES).map((image) => lengthNormalized([...pattern, ...image]))
    shown.forEach((row, i) => {
      close(row, channels[i]!.slice(0, 12), 1e-12)
    })
    const joined = convolve(
      { weight: concat([label!, weight], 1), bias },
      constant(channels.flat(), [IMAGES, 3, 4, 3]),
      { padding: 'same' },
    )
    close(numbers(z(parameters, x, labelled(k, k, k, k))), numbers(joined), 1e-12)
  }
})

for (const network of ['dense', 'convolutional'] as const)
  describe(`sets of labels, ${network}`, () => {
    const { parameters, preactivation: z } = layerOf(network)
    const of = (shown: Tensor): number[] => numbers(z(parameters, x, shown))

    test('come out one after the other', () => {
      const [first, second] = [labelled(0, 1, 2, 0), labelled(2, 2, 0, 1)]
      close(of(concat([first, second], 0)), [...of(first), ...of(second)], 1e-14)
      close(
        of(EVERY),
        [0, 1, 2].flatMap((k) => of(labelled(k, k, k, k))),
        1e-14,
      )
    })

    test('two labels are two different inputs', () => {
      const [zero, one] = [0, 1].map((k) => of(labelled(k, k, k, k)))
      assert.ok(zero!.some((v, i) => Math.abs(v - one![i]!) > 0.1))
    })
  })
