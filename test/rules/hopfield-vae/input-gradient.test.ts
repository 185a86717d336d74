import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../../src/graph/index.js'
import {
  clamp,
  contrastGradients,
  contrasts,
  inputGradient,
  type Network,
} from '../../../src/rules/hopfield-vae/hopfield.js'
import { numbers } from '../../nn/evaluate.js'
import { CODE, clamping, networkOf, PIXELS } from './constants.js'

describe('the input gradient', () => {
  const costAt = (network: Network, z: readonly number[], damping: number): number => {
    const v = numbers(clamp(network, clamping('latent', constant(z, [1, 2]), damping)).free(200).output)
    return v.reduce((sum, s, i) => sum + (s - numbers(PIXELS)[i]!) ** 2, 0) / 2
  }
  const estimate = (network: Network, damping: number, beta: number): { z: number[]; bias: readonly number[] } => {
    const own = clamping('latent', CODE, damping)
    const settles = clamp(network, own)
    const target = constant([...numbers(PIXELS), ...numbers(PIXELS)], [2, 7])
    const pair = settles.nudged(settles.free(200), 200, (v, sign) => target.sub(v).mul(sign.mul(beta)), 0.5)
    const found = contrasts(own, pair, 1 / (2 * beta))
    return {
      z: numbers(inputGradient(network, 'latent', found)),
      bias: numbers(contrastGradients(network, found)['hidden.bias']!),
    }
  }
  for (const [name, layered, damping] of [
    ['layered', true, 0],
    ['dense', false, 0.5],
  ] as const) {
    const network = networkOf(layered, 0.2)
    const z = numbers(CODE)
    const h = 1e-5
    const expected = z.map((_, i) => {
      const [above, below] = [h, -h].map((t) => costAt(network, z.with(i, z[i]! + t), damping))
      return (above! - below!) / (2 * h)
    })
    test(`is that of the cost at the equilibrium, within 1e-4 at beta 1e-4: ${name}`, () => {
      const found = estimate(network, damping, 1e-4).z
      for (const [i, slope] of expected.entries())
        assert.ok(Math.abs(found[i]! - slope) < 1e-4 * Math.hypot(...expected), `${found} is not ${expected}`)
    })
    test(`and its bias falls with the square of beta: ${name}`, () => {
      const [one, half] = [0.2, 0.1].map((beta) => estimate(network, damping, beta).z.map((g, i) => g - expected[i]!))
      const ratio = Math.hypot(...one!) / Math.hypot(...half!)
      assert.ok(ratio > 3.6 && ratio < 4.4, `half of beta leaves 1/${ratio} of the bias`)
    })
  }
})
