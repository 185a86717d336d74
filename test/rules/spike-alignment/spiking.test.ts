// Spiking sampling layers, against the same network written out, and against what is known of their rates.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../../src/graph/index.js'
import { record } from '../../../src/rules/spike-alignment/spiking.js'
import { close, normals, numbers } from '../../nn/evaluate.js'
import { computed, uniform, weights } from './given.js'

test('the same spikes as the network written out', () => {
  const [n, m, steps, copies, refractory] = [3, 2, 60, 2, 4]
  const [forward, feedback] = [weights('W', [n, m]).mul(3), weights('B', [n, m]).mul(3)]
  const [lowerBias, upperBias] = [normals('lower', [n]), normals('upper', [m])]
  const found = computed((random) => {
    const pair = { forward: [forward], feedback, lowerBias, upperBias }
    const { lower, upper } = record(pair, random, 'r', { refractory, steps, copies })
    return { lower: lower.spikes, upper: upper.spikes, traces: lower.traces }
  })
  const [W, B, a, c] = [forward, feedback, lowerBias, upperBias].map(numbers) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const noise = {
    lower: uniform()('noise.r.lower', steps * copies * n),
    upper: uniform()('noise.r.upper', steps * copies * m),
  }
  const wanted = { lower: [] as number[], upper: [] as number[], traces: [] as number[] }
  const last = { lower: Array<number>(copies * n).fill(-1e9), upper: Array<number>(copies * m).fill(-1e9) }
  const trace = Array<number>(copies * n).fill(0)
  for (let t = 0; t < steps; t++) {
    const psp = (when: number): number => (t - when <= refractory ? 1 : 0)
    const isSpike = (u: number, when: number, random: number): boolean =>
      t - when > refractory && random < 1 / (1 + refractory * Math.exp(-u))
    const before = { lower: [...last.lower], upper: [...last.upper] }
    for (let copy = 0; copy < copies; copy++) {
      for (let i = 0; i < n; i++) {
        let u = a[i]!
        for (let j = 0; j < m; j++) u += B[i * m + j]! * psp(before.upper[copy * m + j]!)
        const at = copy * n + i
        const fired = isSpike(u, before.lower[at]!, noise.lower[t * copies * n + at]!)
        if (fired) last.lower[at] = t
        trace[at] = trace[at]! * Math.exp(-1 / refractory) + (fired ? 1 : 0)
      }
      for (let j = 0; j < m; j++) {
        let u = c[j]!
        for (let i = 0; i < n; i++) u += W[i * m + j]! * psp(before.lower[copy * n + i]!)
        const at = copy * m + j
        if (isSpike(u, before.upper[at]!, noise.upper[t * copies * m + at]!)) last.upper[at] = t
      }
    }
    wanted.lower.push(...last.lower.map((when) => (when === t ? 1 : 0)))
    wanted.upper.push(...last.upper.map((when) => (when === t ? 1 : 0)))
    wanted.traces.push(...trace)
  }
  assert.ok(wanted.upper.filter((spike) => spike === 1).length > 10)
  assert.deepEqual(found.lower, wanted.lower)
  assert.deepEqual(found.upper, wanted.upper)
  close(found.traces, wanted.traces, 1e-12)
})

test('without synapses a unit is refractory for the part of the time that its probability says', () => {
  const [refractory, steps, copies, bias] = [10, 500, 40, 0.7]
  const none = constant(0).broadcastTo([2, 2])
  const { spikes } = computed((random) => {
    const pair = { forward: [none], feedback: none, lowerBias: constant([bias, bias], [2]) }
    return { spikes: record(pair, random, 'r', { refractory, steps, copies }).lower.spikes }
  })
  const p = 1 / (1 + refractory * Math.exp(-bias))
  // One free stretch and one refractory period take 1 / p + t_ref steps in the mean; the start is free, so skip it.
  const late = spikes.slice((spikes.length * 100) / steps)
  const rate = late.reduce((sum, own) => sum + own, 0) / late.length
  const wanted = 1 / (1 / p + refractory)
  assert.ok(Math.abs(rate - wanted) < 0.03 * wanted, `${rate}, expected ${wanted}`)
})
