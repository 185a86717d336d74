// What the correlations are, what a layer learns from them, and what is broadcast.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, type Tensor } from '../../../src/graph/index.js'
import { flat } from '../../../src/nn/axes.js'
import { FLOAT32 } from '../../../src/nn/index.js'
import { layersOf, passOf } from '../../../src/rules/broadcast/network.js'
import { byCorrelations, expanded } from '../../../src/rules/broadcast/signals.js'
import { close, differences, normals, numbers, uniforms } from '../../nn/evaluate.js'
import { CONVOLUTIONAL, given, type Options } from './given.js'

const MEMORY = 0.7

describe('a layer learns the gradient of half the squared norm of its correlations, the score held fixed', () => {
  const batch = 4
  for (const [name, options] of Object.entries<Options>({
    dense: { activation: 'tanh' },
    'with a power norm': { activation: 'tanh', power: 0.3 },
    convolutional: { ...CONVOLUTIONAL, activation: 'tanh' },
  }))
    test(name, () => {
      const { hyper, joint } = given({ ...options, memory: MEMORY, normalize: false })
      const layers = layersOf([1, 8, 8], 3, FLOAT32, hyper)
      const shapeOf = (leaf: string): readonly number[] =>
        joint.state.find(({ name: own }) => own === leaf)!.input.shape
      const drawn = (leaf: string): Tensor => constant(numbers(normals(leaf, shapeOf(leaf)).mul(0.3)), shapeOf(leaf))
      const parameters = layers.map((_, k) => ({
        weight: drawn(`layers.${k}.weight`),
        bias: drawn(`layers.${k}.bias`),
      }))
      const x = uniforms('x', batch, 1, 8, 8)
      const s = normals('s', [batch, 3]).mul(1 / batch)
      const before = layers.slice(0, -1).map((_, k) => normals(`R${k}`, shapeOf(`correlations.${k}`)).mul(0.1))
      const pass = passOf(layers, parameters, x, hyper)
      const { gradients } = byCorrelations(parameters, pass, s, before, hyper)
      for (const [k, own] of gradients.entries()) {
        const h = flat(pass.hidden[k]!.activity)
        const R = before[k]!.mul(MEMORY).add(h.matmul(s, { transposeA: true }).mul(1 - MEMORY))
        // Only the term in which the activity changes R: its factor 1 - lambda is left out of what the layer learns.
        const excess = h.square().mean(0).sub(hyper.powerLevel).square().sum()
        const energy = R.square()
          .sum()
          .mul(0.5 / (1 - MEMORY))
          .add(excess.mul(hyper.power))
        const { weight, bias } = parameters[k]!
        close(numbers(own[0]!), differences(energy, weight), 1e-8, `weight ${k}`)
        close(numbers(own[1]!), differences(energy, bias), 1e-8, `bias ${k}`)
      }
    })
})

test('normalised correlations give the same direction', () => {
  const learned = (normalize: boolean, correlation: number): Record<string, number[]> => {
    const own = given({ normalize, correlation })
    const after = own.run().state
    return Object.fromEntries(
      [0, 1, 2].map((k) => [k, after[`layers.${k}.weight`]!.map((v, i) => v - own.state[`layers.${k}.weight`]![i]!)]),
    )
  }
  const [with1, without] = [learned(true, 1), learned(false, 1)]
  for (const k of [0, 1, 2]) {
    const norm = (v: readonly number[]): number => Math.hypot(...v)
    const [a, b] = [with1[k]!, without[k]!]
    close([a.reduce((sum, v, i) => sum + v * b[i]!, 0)], [norm(a) * norm(b)], 1e-9)
  }
})

/** All outcomes of one input with their probabilities: what the conditional mean of a score is taken over. */
describe('the factors of the score expansion', () => {
  // Four inputs, three classes; the network says the true probabilities.
  const logits = normals('logits', [4, 3])
  const p = softmaxRows(logits)
  const outcomes = [0, 1, 2]
  const x = [0.5, -1, 2, 0.3]
  const all = x.flatMap((_, i) => outcomes.map((y) => ({ i, y, weight: p[i]![y]! / 4 })))
  const s = constant(
    all.flatMap(({ i, y }) => outcomes.map((k) => p[i]![k]! - Number(k === y))),
    [12, 3],
  )
  const prediction = constant(
    all.flatMap(({ i }) => p[i]!),
    [12, 3],
  )
  const c = normals('c', [4, 2]).gather(
    constant(
      all.map(({ i }) => i),
      [12],
      'int32',
    ),
  )
  /** The largest correlation of any column with the functions 1, x, x^2 of the input. */
  const correlation = (sent: Tensor): number => {
    const values = numbers(sent)
    const columns = sent.shape[1]!
    return Math.max(
      ...[0, 1, 2].flatMap((power) =>
        Array.from({ length: columns }, (_, k) =>
          Math.abs(
            all.reduce((sum, { i, weight }, row) => sum + weight * x[i]! ** power * values[row * columns + k]!, 0),
          ),
        ),
      ),
    )
  }
  const { hyper } = given({ factors: ['p', 'c'] })

  test('p*s and c*s are uncorrelated with every function of the input, s*s is not', () => {
    const sent = expanded(s, prediction, c, hyper)
    assert.deepEqual(sent.shape, [12, 12])
    assert.ok(correlation(sent) < 1e-15)
    assert.ok(correlation(s.mul(s)) > 0.1)
  })

  test('are sent with the score, each column with correlations of its own', () => {
    const own = given({ factors: ['p', 'c'], projections: 2 })
    assert.deepEqual(own.joint.state.find(({ name }) => name === 'correlations.0')!.input.shape, [6, 12])
    assert.ok(own.run().state['correlations.0']!.every(Number.isFinite))
  })
})

function softmaxRows(o: Tensor): number[][] {
  const flatLogits = numbers(o)
  const columns = o.shape[1]!
  return Array.from({ length: o.shape[0]! }, (_, i) => {
    const powers = flatLogits.slice(i * columns, (i + 1) * columns).map(Math.exp)
    const total = powers.reduce((a, b) => a + b)
    return powers.map((v) => v / total)
  })
}
