import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import {
  convolution,
  dense,
  FAN_RULES,
  type FanRule,
  fans,
  noiseInputs,
  normalWeights,
  ones,
  type Random,
  uniformWeights,
  zeros,
} from '../../src/nn/index.js'
import { close, normals, numbers } from './evaluate.js'

/** Noise that is 1 everywhere: what comes out is the factor. */
const unit: Random = { uniform: (_, shape) => ones(shape), normal: (_, shape) => ones(shape) }
const real: Random = { uniform: () => assert.fail(), normal: normals }

// [in, out] = [6, 24]; kernels [8, 3, 2, 2] read 12 numbers and feed 32.
const DEVIATIONS: Record<FanRule, [dense: number, convolution: number]> = {
  'fan-in': [1 / Math.sqrt(6), 1 / Math.sqrt(12)],
  he: [1 / Math.sqrt(3), 1 / Math.sqrt(6)],
  glorot: [Math.sqrt(2 / 30), Math.sqrt(2 / 44)],
  'fan-out': [1 / Math.sqrt(24), 1 / Math.sqrt(32)],
}

test('the fans of weights [in, out] and of kernels [out, in, KH, KW]', () => {
  assert.deepEqual(fans([6, 24]), { fanIn: 6, fanOut: 24 })
  assert.deepEqual(fans([8, 3, 2, 2]), { fanIn: 12, fanOut: 32 })
})

test('normal weights have the standard deviation of their rule', () => {
  assert.deepEqual(Object.keys(DEVIATIONS).sort(), Object.keys(FAN_RULES).sort())
  for (const [name, [ofDense, ofKernels]] of Object.entries(DEVIATIONS)) {
    const rule = name as FanRule
    close(numbers(normalWeights(unit, 'w', [6, 24], rule)), new Array(144).fill(ofDense), 1e-15)
    close(numbers(normalWeights(unit, 'w', [8, 3, 2, 2], rule)), new Array(96).fill(ofKernels), 1e-15)
  }
  const sample = numbers(normalWeights(real, 'sample', [100, 80], 'he'))
  const square = sample.reduce((sum, w) => sum + w * w, 0) / sample.length
  // Five standard errors of a variance from 8000 normals.
  assert.ok(Math.abs(square / (2 / 100) - 1) < 5 * Math.sqrt(2 / 8000), `${square}`)
})

test('uniform weights fill [-b, b) evenly, with the same variance', () => {
  for (const [name, [deviation]] of Object.entries(DEVIATIONS)) {
    const at = (u: number): number => {
      const random: Random = { ...unit, uniform: (_, shape) => constant(u).broadcastTo(shape) }
      return numbers(uniformWeights(random, 'w', [6, 24], name as FanRule))[0]!
    }
    // A uniform on [-b, b) has the variance b^2 / 3.
    close([at(0), at(0.5), at(1), at(1) ** 2 / 3], [-at(1), 0, Math.sqrt(3) * deviation, deviation ** 2], 1e-14)
  }
})

test('layers start with their rule and biases of 0', () => {
  const layer = dense(unit, 'a', 6, 24, 'he')
  close(numbers(layer.weight), new Array(144).fill(1 / Math.sqrt(3)), 1e-15)
  assert.deepEqual(numbers(layer.bias), new Array(24).fill(0))
  const kernels = convolution(unit, 'b', 3, 8, 2, 'glorot')
  assert.deepEqual(kernels.weight.shape, [8, 3, 2, 2])
  close(numbers(kernels.weight).slice(0, 1), [Math.sqrt(2 / 44)], 1e-15)
  assert.deepEqual(numbers(kernels.bias), numbers(zeros([8])))
})

test('noise is an input of the program; a name is good for one draw', () => {
  const { random, inputs } = noiseInputs()
  const u = random.uniform('u', [2, 3])
  random.normal('n', [4])
  assert.deepEqual(
    inputs.map(({ node: { attributes } }) => [attributes.name, attributes.kind, attributes.distribution]),
    [
      ['noise.u', 'noise', 'uniform'],
      ['noise.n', 'noise', 'normal'],
    ],
  )
  assert.deepEqual([u.shape, u.dtype], [[2, 3], 'float32'])
  assert.throws(() => random.normal('u', [1]), /noise u was asked for twice/)
})
