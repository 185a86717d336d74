import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bitsPerDimension } from '../../src/judge/likelihood.js'
import { checkOptions } from '../../src/options/index.js'
import { RULES } from '../../src/rules/registry.js'
import { type GeneratorPart, traceRule } from '../../src/rules/trace.js'
import { vaeLayer } from '../../src/rules/vae-layer/vae-layer.js'
import { batchFor, evaluate, initialState, type Numbers, shapeOf, taskOf } from '../rules/harness.js'
import { given as hopfield, type Options, sevenPixels } from '../rules/hopfield-vae/rule.js'
import { given as flow } from '../rules/nice/given.js'

const near = (value: number, wanted: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${value} is not ${wanted}`)

const ofGaussian = (deviation: number, size: number): number => size * Math.log(deviation * Math.sqrt(2 * Math.PI))

test('nice: the weight is the likelihood that is measured, and bits count its levels', () => {
  const { traced, task, state } = flow()
  const graph = traced.generator('logWeight')!
  const batch = batchFor(graph, task, 2)
  const weights = evaluate(graph, state, batch).metrics.logWeight!
  const { metrics } = evaluate(traced.predict, state, batch)
  for (const [i, nats] of metrics['figures/nats']!.entries()) {
    near(weights[i]!, nats)
    near(bitsPerDimension(weights[i]!, 7, 256), metrics['figures/bits']![i]!)
  }
  // The samples are the inverse of noise, put back to the middle of their levels.
  const { samples } = evaluate(
    traced.generator('samples')!,
    state,
    batchFor(traced.generator('samples')!, task),
  ).metrics
  assert.equal(samples!.length, 21)
})

describe('hopfield-vae: over draws of +1 and -1 the mean of weights is the evidence bound, with its normaliser', () => {
  const cases: Record<string, Options> = {
    'H, fixed variance': { variant: 'H' },
    'H, learned variance': { variant: 'H', variance: 'learned' },
    TDH: { variant: 'TDH' },
    'F, Bernoulli': { variant: 'F', decoder: 'bernoulli', variance: 'learned' },
  }
  for (const [name, options] of Object.entries(cases))
    test(name, () => {
      const { traced, task, state } = hopfield(options, sevenPixels(3))
      const graph = traced.generator('logWeight')!
      const isBinary = options.decoder === 'bernoulli'
      const own = batchFor(graph, task, 2)
      const x = isBinary ? own.x!.map((pixel) => Number(pixel >= 0.5)) : own.x!
      /** Weights and J - KL for posterior draws of one sign, and levels moved by `u` of their width. */
      const at = (sign: number, u: number) => {
        const noise = {
          'noise.posterior': new Array<number>(6).fill(sign),
          'noise.level': new Array<number>(21).fill(u),
        }
        const { logWeight } = evaluate(graph, state, { ...own, ...noise }).metrics
        const { metrics } = evaluate(traced.predict, state, { x, ...noise })
        return { weights: logWeight!, J: metrics['figures/J']!, KL: metrics['figures/KL']! }
      }
      const [plus, minus] = [at(1, 0.5), at(-1, 0.5)]
      const normaliser = isBinary ? 0 : ofGaussian(0.31, 7)
      for (let i = 0; i < 3; i++) {
        // Of a quadratic function of noise these two points have the mean that all noise has: KL, exactly.
        const ratio = [plus, minus].map(({ weights, J, KL }) => weights[i]! + J[i]! - KL[i]! + normaliser)
        near((ratio[0]! + ratio[1]!) / 2, -plus.KL[i]!)
      }
      if (isBinary) return
      // Half a level up and half a level down: the bound falls by the square of that width.
      const [above, below] = [at(1, 1), at(1, 0)]
      for (let i = 0; i < 3; i++)
        near(
          (above.weights[i]! + below.weights[i]!) / 2 - plus.weights[i]!,
          (-7 * (0.5 / 255) ** 2) / (2 * 0.31 ** 2),
          1e-8,
        )
    })
})

test('vae-layer: the density of the first cell, with the deviation that its loss stands for', () => {
  const task = taskOf({ batch: 3 })
  const beta = 0.01
  const hyper = checkOptions(vaeLayer.hyper, { units: [6, 5], latents: [4, 3], beta }, 'vae-layer')
  const traced = traceRule(vaeLayer, task, hyper)
  // Both networks are one, and what is decoded does not hang on the code.
  const start: Numbers = initialState(traced, 3)
  const state = Object.fromEntries(
    Object.entries(start).map(([name, numbers]) => {
      const same = start[name.replace('layers.0.b.', 'layers.0.a.')] ?? numbers
      return [name, name.includes('decoder.output.weight') ? same.map(() => 0) : same]
    }),
  )
  const graph = traced.generator('logWeight')!
  const own = batchFor(graph, task, 2)
  const at = (sign: number): readonly number[] => {
    const noise = {
      'noise.posterior': new Array<number>(12).fill(sign),
      'noise.level': new Array<number>(48).fill(0.5),
    }
    return evaluate(graph, state, { ...own, ...noise }).metrics.logWeight!
  }
  const { metrics } = evaluate(traced.predict, state, { x: own.x! })
  const deviation = Math.sqrt((16 * beta) / 2)
  const [plus, minus] = [at(1), at(-1)]
  for (let i = 0; i < 3; i++) {
    const error = 16 * metrics['figures/layer 0/reconstruction']![i]!
    const wanted = -error / (2 * deviation ** 2) - ofGaussian(deviation, 16) - metrics['figures/layer 0/kl']![i]!
    near((plus[i]! + minus[i]!) / 2, wanted)
  }
  const without = checkOptions(vaeLayer.hyper, { units: [6], latents: [4], cell: 'ae' }, 'vae-layer')
  const none = traceRule(vaeLayer, task, without)
  assert.equal(none.generator('samples'), undefined)
  assert.equal(none.generator('logWeight'), undefined)
  assert.ok(none.generator('reconstructions'))
})

/** Options that make each rule that generates small. */
const SMALL: Readonly<Record<string, readonly Options[]>> = {
  nice: [{ units: [5] }],
  'hopfield-vae': [{ hidden: 6, latent: 3, freeSweeps: 4, nudgedSweeps: 3 }],
  'vae-layer': [{ units: [5, 4], latents: [3] }],
  uff: [{ units: [5, 4] }, { units: [5, 4], hidden: 4, cell: 'variational' }],
}

test('what every rule that generates draws has the shape of its images, and finite numbers', () => {
  const seen: string[] = []
  for (const rule of RULES.filter(({ generator }) => generator)) {
    const task = taskOf({ batch: 2 })
    for (const options of SMALL[rule.id]!) {
      const traced = traceRule(rule, task, checkOptions(rule.hyper, options, rule.id))
      const state = initialState(traced)
      for (const part of ['samples', 'reconstructions', 'logWeight'] as GeneratorPart[]) {
        const graph = traced.generator(part)
        if (!graph) continue
        assert.deepEqual(shapeOf(graph.metrics, part), part === 'logWeight' ? [2] : [2, 1, 4, 4])
        const drawn = evaluate(graph, state, batchFor(graph, task)).metrics[part]!
        assert.ok(drawn.every(Number.isFinite), `${rule.id} ${part}`)
        seen.push(`${rule.id} ${part}`)
      }
    }
  }
  assert.deepEqual(seen, [
    ...['vae-layer samples', 'vae-layer reconstructions', 'vae-layer logWeight'],
    ...['uff reconstructions', 'uff samples', 'uff reconstructions'],
    ...['hopfield-vae samples', 'hopfield-vae reconstructions', 'hopfield-vae logWeight'],
    ...['nice samples', 'nice logWeight'],
  ])
})
