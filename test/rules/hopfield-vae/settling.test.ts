import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, type Tensor } from '../../../src/graph/index.js'
import { clamp } from '../../../src/rules/hopfield-vae/hopfield.js'
import { numbers } from '../../nn/evaluate.js'
import { rowsOf } from '../harness.js'
import { logistic, type Matrix } from '../plain.js'
import { CODE, clamping, energyOf, networkOf, PIXELS, pairs, statesOf, times, transposed } from './constants.js'

describe('settling', () => {
  for (const clamped of ['visible', 'latent'] as const)
    test(`no sweep of a layered network raises its energy: ${clamped} clamped`, () => {
      const network = networkOf(true, 0.8)
      const settles = clamp(network, clamping(clamped, clamped === 'visible' ? PIXELS : CODE, 0))
      const [x, z] = [numbers(PIXELS), numbers(CODE)]
      const energies = Array.from({ length: 15 }, (_, i) => {
        const [h, out] = statesOf(settles.free(i + 1))
        return clamped === 'visible' ? energyOf(network, x, h, out) : energyOf(network, out, h, z)
      })
      for (const [i, energy] of energies.slice(1).entries()) assert.ok(energy <= energies[i]! + 1e-9, `${energies}`)
      assert.ok(energies[0]! - energies.at(-1)! > 1e-3, 'nothing settled')
    })

  test('no sweep of a nudged layered decoder raises its energy, the pull included; the pull is felt', () => {
    const network = networkOf(true, 0.8)
    const settles = clamp(network, clamping('latent', CODE, 0))
    const [x, z] = [numbers(PIXELS), numbers(CODE)]
    const target = rowsOf([...x, ...x], 2)
    const free = settles.free(1)
    const cost = (v: readonly number[]): number => v.reduce((sum, s, i) => sum + (s - x[i]!) ** 2, 0) / 2
    const beta = 0.4
    const pull = (v: Tensor, sign: Tensor): Tensor => constant(target.flat(), [2, 7]).sub(v).mul(sign.mul(beta))
    for (const side of ['plus', 'minus'] as const) {
      const energies = Array.from({ length: 15 }, (_, i) => {
        const [h, v] = statesOf(settles.nudged(free, i + 1, pull, 0.5)[side])
        return energyOf(network, v, h, z) + (side === 'plus' ? beta : -beta) * cost(v)
      })
      for (const [i, energy] of energies.slice(1).entries()) assert.ok(energy <= energies[i]! + 1e-9, `${energies}`)
    }
    const settled = settles.free(100)
    const { plus, minus } = settles.nudged(settled, 100, pull, 0.5)
    const [lower, middle, higher] = [plus, settled, minus].map(({ output }) => cost(numbers(output)))
    assert.ok(lower! < middle! - 1e-3 && middle! < higher! - 1e-3, `${lower}, ${middle}, ${higher}`)
  })

  test('where nothing moves, every unit answers its own current: dense, coupled within layers too', () => {
    const network = networkOf(false, 0.15)
    const { hidden, output } = clamp(network, clamping('latent', CODE, 0.5)).free(300)
    const [h, v, z] = [numbers(hidden), numbers(output), numbers(CODE)]
    const matrix = (w: Tensor): Matrix => rowsOf(numbers(w), w.shape[0]!)
    const [vh, hl, vl] = [network.hidden.visible!, network.latent.hidden!, network.latent.visible!].map(matrix)
    const within = (layer: 'visible' | 'hidden', n: number): Matrix => pairs(numbers(network[layer][layer]!), n)
    const sum = (...parts: number[][]): number[] => parts[0]!.map((_, i) => parts.reduce((a, p) => a + p[i]!, 0))
    const toHidden = sum(
      times(transposed(vh!), v),
      times(hl!, z),
      times(within('hidden', 6), h),
      numbers(network.hidden.bias),
    )
    const toVisible = sum(times(vh!, h), times(vl!, z), times(within('visible', 7), v), numbers(network.visible.bias))
    const f = (a: number): number => logistic(4 * a - 2)
    for (const [s, a] of [...h.map((s, i) => [s, toHidden[i]!]), ...v.map((s, i) => [s, toVisible[i]!])] as [
      number,
      number,
    ][])
      assert.ok(Math.abs(s - f(a)) < 1e-10, `${s} is not ${f(a)}`)
  })

  test('damping keeps that part of the old state', () => {
    const network = networkOf(false, 0.5)
    const [one, none] = [0.3, 0].map((damping) =>
      numbers(clamp(network, clamping('latent', CODE, damping)).free(1).hidden),
    )
    for (const [i, s] of one!.entries()) assert.ok(Math.abs(s - 0.7 * none![i]!) < 1e-12)
  })
})
