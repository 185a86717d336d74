// The shared first product: with it and without it, the network must be the same to float64 rounding.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, type Tensor } from '../../src/graph/index.js'
import { FLOAT32 } from '../../src/nn/index.js'
import {
  type FirstLayer,
  type FirstParameters,
  firstLayer,
  type Shown,
} from '../../src/rules/forward-forward/first-layer.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers, whole } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import { lengthNormalized, oneHot, preactivation, withCode } from './plain.js'

const CLASSES = 3
const IMAGES = 4
const task = taskOf({ shape: [2, 4, 3], batch: IMAGES, classes: CLASSES })
const x = normals('images', [IMAGES, 2, 4, 3])
const random = { uniform: () => assert.fail(), normal: normals }

type Normalized = 'length' | 'unit'

const layersOf = (
  network: 'dense' | 'convolutional',
  imageNormalization: Normalized = 'length',
): { plain: FirstLayer; shared: FirstLayer } => {
  const options = { network, units: [5], kernel: 3, poolAfter: [], labelStrength: 1.75, imageNormalization }
  return {
    plain: firstLayer({ ...options, sharedProduct: false }, task),
    shared: firstLayer({ ...options, sharedProduct: true }, task),
  }
}

const withBias = (layer: FirstLayer): FirstParameters => ({
  ...layer.init(random, 'layers.0', 'he'),
  bias: normals('bias', [5]),
})

const SHOWN: Record<string, Shown> = {
  'two sets of labels': { labels: [whole(0, 1, 2, 0), whole(2, 2, 0, 1)] },
  neutral: 'neutral',
  'every label': 'every',
}

for (const network of ['dense', 'convolutional'] as const)
  describe(`the first layer, ${network}`, () => {
    const { plain, shared } = layersOf(network)
    const result = (layer: FirstLayer, shown: Shown): Tensor => layer.preactivation(withBias(layer), x, shown, FLOAT32)

    test('starts with the same weights, the rows or the channel of the label apart', () => {
      const [one, two] = [withBias(plain), withBias(shared)]
      assert.equal(one.label, undefined)
      close(numbers(concat([two.label!, two.weight], network === 'dense' ? 0 : 1)), numbers(one.weight), 0)
    })

    for (const [name, shown] of Object.entries(SHOWN))
      test(`shares its product: ${name}`, () => {
        const [one, two] = [result(plain, shown), result(shared, shown)]
        assert.deepEqual(two.shape, one.shape)
        close(numbers(two), numbers(one), 1e-12)
      })

    test('every label is each label after the other, image by image', () => {
      const all = rowsOf(numbers(result(shared, 'every')), IMAGES * CLASSES)
      for (let k = 0; k < CLASSES; k++) {
        const own = rowsOf(numbers(result(plain, { labels: [whole(k, k, k, k)] })), IMAGES)
        for (let i = 0; i < IMAGES; i++) close(all[i * CLASSES + k]!, own[i]!, 1e-12, `image ${i}, label ${k}`)
      }
    })

    test('sets of labels come out one after the other', () => {
      const both = rowsOf(numbers(result(shared, SHOWN['two sets of labels']!)), 2)
      const second = numbers(result(shared, { labels: [whole(2, 2, 0, 1)] }))
      close(both[1]!, second, 1e-15)
    })

    test('two labels are two different inputs', () => {
      const [zero, one] = [0, 1].map((k) => numbers(result(shared, { labels: [whole(k, k, k, k)] })))
      assert.ok(zero!.some((v, i) => Math.abs(v - one![i]!) > 0.1))
    })
  })

const unitLength = (row: readonly number[]): number[] => {
  const length = Math.hypot(...row) + 1e-4
  return row.map((v) => v / length)
}

for (const [name, normalized] of Object.entries({ length: lengthNormalized, unit: unitLength }))
  test(`dense: the first layer written out, image and label normalised together: ${name}`, () => {
    const layers = layersOf('dense', name as Normalized)
    const parameters = withBias(layers.plain)
    const layer = { weight: rowsOf(numbers(parameters.weight), 24), bias: numbers(parameters.bias) }
    const images = rowsOf(numbers(x), IMAGES)
    const byHand = (codes: number[][]): number[] =>
      images.flatMap((image, i) => preactivation(layer, normalized(withCode(image, codes[i]!))))
    const labels = [1, 0, 2, 1]
    for (const own of [layers.shared, layers.plain]) {
      const got = (shown: Shown): number[] => numbers(own.preactivation(withBias(own), x, shown, FLOAT32))
      close(got({ labels: [whole(...labels)] }), byHand(labels.map((label) => oneHot(label, CLASSES, 1.75))), 1e-12)
      close(got('neutral'), byHand(labels.map(() => [1.75 / 3, 1.75 / 3, 1.75 / 3])), 1e-12)
    }
  })

describe('training with the shared product and without it', () => {
  for (const network of ['dense', 'convolutional'] as const)
    for (const optimizer of ['sgd', 'adam'] as const)
      test(`gives the same losses, weights and predictions: ${network}, ${optimizer}`, () => {
        const [plain, shared] = [false, true].map((sharedProduct) => {
          const options = { network, optimizer, units: [5, 4], poolAfter: [0], peer: 0.1, rate: 0.01, sharedProduct }
          return traceRule(forwardForward, taskOf(), forwardForward.hyper.parse(options))
        }) as [ReturnType<typeof traceRule>, ReturnType<typeof traceRule>]
        const [channels, kernel] = network === 'dense' ? [16, 1] : [5, 9]
        /** The label's weights and the image's as the one operand of the plain product. */
        const joined = (state: Numbers): number[] => {
          const { 'layers.0.label': label, 'layers.0.weight': weight } = state
          if (network === 'dense') return [...label!, ...weight!]
          return rowsOf(label!, channels).flatMap((own, o) => [...own, ...rowsOf(weight!, channels)[o]!])
        }
        let states: [Numbers, Numbers] = [initialState(plain), initialState(shared)]
        assert.equal(states[0]['layers.0.weight']!.length, network === 'dense' ? 16 * 5 : 5 * 2 * kernel)
        for (let k = 0; k < 3; k++) {
          const batch = batchFor(plain.steps.joint!, taskOf(), k)
          const one = evaluate(plain.steps.joint!, states[0], batch)
          const two = evaluate(shared.steps.joint!, states[1], batch)
          states = [one.state, two.state]
          for (const [name, value] of Object.entries(one.metrics)) close(two.metrics[name]!, value, 1e-10, name)
          close(joined(two.state), one.state['layers.0.weight']!, 1e-10)
          for (const name of [
            'layers.0.bias',
            'layers.1.weight',
            'layers.1.bias',
            'buffers.0.mean',
            'head.layer.weight',
          ])
            close(two.state[name]!, one.state[name]!, 1e-10, name)
        }
        const batch = batchFor(plain.predict, taskOf())
        const [one, two] = [evaluate(plain.predict, states[0], batch), evaluate(shared.predict, states[1], batch)]
        for (const [name, value] of Object.entries(one.metrics)) close(two.metrics[name]!, value, 1e-10, name)
      })
})
