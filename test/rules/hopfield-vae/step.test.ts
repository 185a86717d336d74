import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate, rowsOf } from '../harness.js'
import { logistic, softplus } from '../plain.js'
import { times, transposed } from './constants.js'
import { given, mean } from './rule.js'

test('a step says what it measured: closed forms in plain numbers', () => {
  for (const options of [
    { variant: 'F' },
    { variant: 'H', freeSweeps: 1 },
    { variant: 'F', variance: 'learned', decoder: 'bernoulli' },
  ]) {
    const { traced, state, batch, joint } = given({ sigmaZ: 0.4, sigmaX: 0.5, ...options })
    const f = (a: number): number => logistic(4 * a - 2)
    const at = (name: string): readonly number[] => state[name]!
    const plus = (a: number[], b: readonly number[]): number[] => a.map((s, i) => s + b[i]!)
    const images = rowsOf(batch.x!, 2)
    const plain = images.map((x, row) => {
      const h = plus(times(transposed(rowsOf(at('encoder.hidden.visible'), 7)), x), at('encoder.hidden.bias')).map(f)
      const l = plus(times(transposed(rowsOf(at('encoder.latent.hidden'), 6)), h), at('encoder.latent.bias'))
      const mu = l.slice(0, 2)
      const lambda = options.variance ? l.slice(2) : [2 * Math.log(0.4), 2 * Math.log(0.4)]
      const noise = rowsOf(batch['noise.posterior']!, 2)[row]!
      const z = mu.map((m, i) => m + Math.exp(lambda[i]! / 2) * noise[i]!)
      const g = plus(times(rowsOf(at('decoder.latent.hidden'), 6), z), at('decoder.hidden.bias')).map(f)
      const a = plus(times(rowsOf(at('decoder.hidden.visible'), 7), g), at('decoder.visible.bias'))
      const drawn = a.map(options.decoder ? logistic : f)
      const SE = drawn.reduce((sum, p, i) => sum + (p - x[i]!) ** 2, 0)
      const KL = mu.reduce((sum, m, i) => sum + (m * m + Math.exp(lambda[i]!) - 1 - lambda[i]!) / 2, 0)
      const C = options.decoder ? a.reduce((sum, t, i) => sum + softplus(t) - x[i]! * t, 0) : SE / (2 * 0.5 ** 2)
      return { SE, KL, J: C + KL }
    })
    const figures = evaluate(traced.predict, state, batch).metrics
    const { metrics } = evaluate(joint, state, batch)
    for (const name of ['SE', 'KL', 'J'] as const) {
      const own = plain.map((image) => image[name])
      own.forEach((v, i) => {
        assert.ok(Math.abs(figures[`figures/${name}`]![i]! - v) < 1e-9 * Math.abs(v), `${name} of image ${i}`)
      })
      assert.ok(Math.abs(metrics[name]![0]! - mean(own)) < 1e-9 * Math.abs(mean(own)), name)
    }
  }
})

test('unsettled is what twice as many sweeps change in the squared error', () => {
  const [short, long] = [3, 6].map((freeSweeps) => {
    const { traced, state, batch } = given({ variant: 'DH', freeSweeps, damping: 0.5 })
    return evaluate(traced.predict, state, batch).metrics
  })
  short!['figures/unsettled']!.forEach((share, i) => {
    const [before, after] = [short!['figures/SE']![i]!, long!['figures/SE']![i]!]
    assert.ok(share > 1e-6 && Math.abs(share - Math.abs(after - before) / before) < 1e-9)
  })
})
