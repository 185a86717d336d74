import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, type Tensor } from '../../src/graph/index.js'
import { batchNormInference } from '../../src/nn/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import { traceRule } from '../../src/rules/trace.js'
import type { VaeLayerHyper } from '../../src/rules/vae-layer/options.js'
import { decodeToPixels } from '../../src/rules/vae-layer/pictures.js'
import { vaeLayer } from '../../src/rules/vae-layer/vae-layer.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, rowsOf, taskOf } from './harness.js'
import { type Matrix, mean, type PlainLayer, preactivation } from './plain.js'

const SMALL: Partial<VaeLayerHyper> = { units: [6, 5], latents: [4, 3], beta: 0.05 }
const CONVOLUTIONAL: Partial<VaeLayerHyper> = { network: 'convolutional' }

/** A rule, its first state with biases of all sizes, a batch, and one step. */
function given(
  options: Partial<VaeLayerHyper> = {},
  { progress = 0.1, ...other }: { progress?: number; batch?: number } = {},
) {
  const hyper = vaeLayer.hyper.parse({ ...SMALL, ...options })
  const task = taskOf(other)
  const traced = traceRule(vaeLayer, task, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, value]) => [
      name,
      name.endsWith('.bias') ? value.map((v, i) => v / 2 + Math.sin(i + name.length) / 4) : value,
    ]),
  )
  const joint = traced.steps.joint!
  const batch: Numbers = { ...batchFor(joint, task, 1), progress: [progress] }
  return { hyper, task, traced, state, joint, batch, after: evaluate(joint, state, batch) }
}

const under = (state: Numbers, path: string): [string, readonly number[]][] =>
  Object.entries(state).filter(([name]) => name.startsWith(`${path}.`))

const layerOf = (state: Numbers, path: string): PlainLayer => {
  const [weight, bias] = [state[`${path}.weight`]!, state[`${path}.bias`]!]
  return { weight: rowsOf(weight, weight.length / bias.length), bias }
}

const relu = (row: number[]): number[] => row.map((v) => Math.max(v, 0))

/** A dense cell by hand, on one sample. */
function cell(state: Numbers, path: string, x: number[], noise: number[] | undefined) {
  const affine = (part: string, row: number[]) => preactivation(layerOf(state, `${path}.${part}`), row)
  const e = relu(affine('encoder.hidden', x))
  const mu = affine('encoder.mean', e)
  const logVariance = noise ? affine('encoder.logVariance', e) : []
  const z = mu.map((m, j) => (noise ? m + Math.exp(logVariance[j]! / 2) * noise[j]! : m))
  const back = affine('decoder.output', relu(affine('decoder.hidden', z)))
  const kl = -0.5 * mu.reduce((sum, m, j) => sum + 1 + logVariance[j]! - m * m - Math.exp(logVariance[j]!), 0)
  return { z, mu, kl, error: mean(back.map((v, j) => (v - x[j]!) ** 2)) }
}

const columns = (rows: Matrix): Matrix => rows[0]!.map((_, j) => rows.map((row) => row[j]!))

/** Each column with mean 0 and variance 1 over the rows. */
function standardized(rows: Matrix): Matrix {
  const scaled = columns(rows).map((column) => {
    const m = mean(column)
    const variance = mean(column.map((v) => (v - m) ** 2))
    return column.map((v) => (v - m) / Math.sqrt(variance + 1e-5))
  })
  return columns(scaled)
}

const cosine = (a: number[], b: number[]): number => {
  const dot = (u: number[], v: number[]) => u.reduce((sum, x, i) => sum + x * v[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

describe('the loss of a cell', () => {
  test('is the sum of its terms, by hand, in both cells', () => {
    const { state, batch, task, after, hyper } = given({ contrast: 0.7 }, { progress: 0.05 })
    const labels = batch.target!
    const rows = rowsOf(batch.x!, task.batch)
    let inputs: { a: Matrix; b: Matrix } = { a: rows, b: rows }
    for (const l of [0, 1]) {
      const noise = rowsOf(batch[`noise.layers.${l}.epsilon`]!, task.batch)
      const own = {
        a: inputs.a.map((x, i) => cell(state, `layers.${l}.a`, x, noise[i])),
        b: inputs.b.map((x, i) => cell(state, `layers.${l}.b`, x, noise[(i + 1) % task.batch])),
      }
      const [za, zb] = [own.a, own.b].map((side) => standardized(side.map(({ z }) => z))) as [Matrix, Matrix]
      const every = labels.flatMap((p, i) =>
        labels.map((q, j) => {
          const cos = cosine(za[i]!, zb[j]!)
          return { alike: p === q, loss: p === q ? 1 - cos : Math.max(0, cos) }
        }),
      )
      const part = (alike: boolean) => mean(every.filter((pair) => pair.alike === alike).map((pair) => pair.loss))
      const contrast = (part(true) + part(false)) / 2
      const sum = (of: 'error' | 'kl') => mean(own.a.map((r) => r[of])) + mean(own.b.map((r) => r[of]))
      close(after.metrics[`layer ${l}/reconstruction`]!, [sum('error') / 2], 1e-10)
      close(after.metrics[`layer ${l}/kl`]!, [sum('kl') / 2], 1e-10)
      close(after.metrics[`layer ${l}/contrast`]!, [contrast], 1e-8)
      // A quarter of the warm-up is over.
      const expected = sum('error') + (hyper.beta / 4) * sum('kl') + 0.7 * contrast
      close(after.metrics[`layer ${l}/loss`]!, [expected], 1e-8)
      const means = [own.a, own.b].flatMap((side) => columns(side.map(({ z }) => z)).map((z) => 0.1 * mean(z)))
      close(after.state[`running.${l}.mean`]!, means, 1e-10)
      inputs = { a: za, b: zb }
    }
  })

  // After one step Adam's first moments are the gradients themselves.
  for (const options of [
    {},
    { contrastLoss: 'supervised-contrastive' },
    { cell: 'ae', contrast: 0.3 },
    CONVOLUTIONAL,
    { contrast: 0, beta: 0.4 },
  ] as Partial<VaeLayerHyper>[])
    test(`has the gradient of central differences, through the noise too: ${JSON.stringify(options)}`, () => {
      const own = given({ ...SMALL, ...options }, { batch: 3 })
      for (const l of [0, 1]) {
        const loss = (name: string, value: readonly number[]) =>
          metricOf(own.joint, `layer ${l}/loss`, { ...own.state, [name]: value }, own.batch)
        under(own.state, `layers.${l}`).forEach(([name, value], k) => {
          const gradient = own.after.state[`optimizers.${l}.first.${k}`]!
          for (const i of new Set([0, Math.floor(value.length / 2), value.length - 1])) {
            const h = 1e-5
            const slope =
              (loss(name, value.with(i, value[i]! + h)) - loss(name, value.with(i, value[i]! - h))) / (2 * h)
            close([gradient[i]!], [slope], 1e-6, `${name}[${i}]`)
          }
        })
      }
    })

  test('the weight of the divergence rises from 0 over the first fifth of the training', () => {
    const own = given({ beta: 0.3, contrast: 0 })
    for (const [progress, share] of [
      [0, 0],
      [0.1, 0.5],
      [0.2, 1],
      [0.9, 1],
    ]) {
      const { metrics } = evaluate(own.joint, own.state, { ...own.batch, progress: [progress!] })
      const kl = 2 * metrics['layer 0/kl']![0]!
      const reconstruction = 2 * metrics['layer 0/reconstruction']![0]!
      close(metrics['layer 0/loss']!, [reconstruction + 0.3 * share! * kl])
    }
  })
})

describe('locality', () => {
  for (const options of [{}, { cell: 'ae' }, CONVOLUTIONAL] as Partial<VaeLayerHyper>[])
    test(`a change above leaves the update below bit for bit as it was: ${JSON.stringify(options)}`, () => {
      const { state, joint, batch, after } = given({ units: [6, 5, 4], ...options })
      const paths = ['layers.0', 'layers.1', 'layers.2', 'head.parameters']
      for (const [changed, path] of paths.entries()) {
        const other = Object.fromEntries(
          Object.entries(state).map(([name, value]) => [
            name,
            name.startsWith(`${path}.`) && !name.includes('optimizer')
              ? value.map((v, i) => 1.5 * v + Math.sin(i + 1))
              : value,
          ]),
        )
        const moved = evaluate(joint, other, batch).state
        paths.forEach((own, i) => {
          if (i < changed) assert.deepEqual(under(moved, own), under(after.state, own))
          else assert.notDeepEqual(under(moved, own), under(after.state, own), 'the change had no effect at all')
        })
      }
    })

  test('cells read labels only in the contrast, and a cell is four products deep', () => {
    const read = (options: Partial<VaeLayerHyper>) =>
      certifyRule(vaeLayer, taskOf(), vaeLayer.hyper.parse({ ...SMALL, ...options })).layers
    assert.deepEqual(
      read({}).map(({ reads }) => reads.labels),
      ['loss', 'loss', 'loss'],
    )
    assert.deepEqual(
      read({ contrast: 0 }).map(({ reads }) => reads.labels),
      ['none', 'none', 'loss'],
    )
    assert.deepEqual(
      read({}).map(({ depth }) => depth),
      [4, 4, 1],
    )
  })
})

describe('the two networks', () => {
  test('begin with different weights of the same shapes', () => {
    const { traced } = given()
    const state = initialState(traced)
    const weights = Object.keys(state).filter((name) => name.includes('.a.') && name.endsWith('.weight'))
    assert.equal(weights.length, 2 * 5 + 1)
    for (const name of weights) {
      const mirrored = state[name.replace('.a.', '.b.')]!
      assert.equal(mirrored.length, state[name]!.length)
      assert.ok(mirrored.every((v, i) => v !== state[name]![i]))
    }
  })

  test('random encoders stay bit for bit as they were, and the rest learns', () => {
    for (const options of [{}, CONVOLUTIONAL, { cell: 'ae' }] as Partial<VaeLayerHyper>[]) {
      const { state, joint, after, task } = given({ encoders: 'random', ...options })
      const twice = evaluate(joint, after.state, batchFor(joint, task, 2)).state
      for (const [name, value] of Object.entries(state)) {
        if (name.includes('.encoder.')) assert.deepEqual(twice[name], value, name)
        if (name.includes('.decoder.') && name.endsWith('.bias')) assert.notDeepEqual(twice[name], value, name)
      }
      assert.notDeepEqual(twice['head.parameters.a.weight'], state['head.parameters.a.weight'])
    }
    const { state, after } = given()
    assert.notDeepEqual(after.state['layers.0.a.encoder.mean.weight'], state['layers.0.a.encoder.mean.weight'])
  })
})

test('latents for more cells than there are are refused', () => {
  assert.throws(() => given({ latents: [4, 3, 2] }), /expected at most one number for each of the cells/)
})

describe('in use', () => {
  test('the prediction is the mean of both softmax outputs, from the means', () => {
    const { traced, after, batch, task } = given()
    const { state } = after
    assert.ok(traced.predict.batch.every(({ name }) => !name.startsWith('noise')))
    const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
    const says = (side: 'a' | 'b'): Matrix =>
      rowsOf(batch.x!, task.batch).map((x) => {
        const levels: Matrix = []
        for (const l of [0, 1]) {
          const { mu } = cell(state, `layers.${l}.${side}`, levels[l - 1] ?? x, undefined)
          const from = side === 'a' ? 0 : mu.length
          const [m, v] = ['mean', 'variance'].map((of) => state[`running.${l}.${of}`]!.slice(from))
          levels.push(mu.map((own, j) => (own - m![j]!) / Math.sqrt(v![j]! + 1e-5)))
        }
        const powers = preactivation(layerOf(state, `head.parameters.${side}`), levels.flat()).map(Math.exp)
        return powers.map((power) => power / powers.reduce((a, b) => a + b))
      })
    const [a, b] = [says('a').flat(), says('b').flat()]
    // Scores are log-probabilities.
    close(metrics['parts/network a']!.map(Math.exp), a, 1e-10)
    close(
      metrics.scores!.map(Math.exp),
      a.map((v, i) => (v + b[i]!) / 2),
      1e-10,
    )
  })

  test('the way down undoes the way up: through cells that change nothing, latents come back as pixels', () => {
    const same = {
      latentShape: [3],
      init: (): never => assert.fail(),
      encode: (_: unknown, x: Tensor) => ({ mean: x }),
      decode: (_: unknown, z: Tensor) => z,
    }
    const running = { mean: constant([0.5, -1, 2, 0, 3, 1]), variance: constant([0.3, 4, 1, 2, 0.1, 9]) }
    const x = normals('x', [2, 6])
    const up = batchNormInference(x, running)
    assert.notDeepEqual(numbers(up), numbers(x))
    close(
      numbers(decodeToPixels([same, same], { layers: [same, same] as never, running: [running, running] }, up)),
      numbers(x),
    )
  })

  test('the figures: errors and divergences of each cell, and of the pixels from the top', () => {
    const { traced, after, batch, task } = given({}, { batch: 2 })
    const { metrics } = evaluate(traced.predict, after.state, { x: batch.x! })
    const rows = rowsOf(batch.x!, task.batch)
    const each = rows.map((x) => {
      const [a, b] = ['a', 'b'].map((side) => cell(after.state, `layers.0.${side}`, x, [0, 0, 0, 0]))
      return { error: (a!.error + b!.error) / 2, kl: (a!.kl + b!.kl) / 2 }
    })
    close(
      metrics['figures/layer 0/reconstruction']!,
      each.map(({ error }) => error),
      1e-10,
    )
    close(
      metrics['figures/layer 0/kl']!,
      each.map(({ kl }) => kl),
      1e-10,
    )
    assert.ok(metrics['figures/pixels']!.every((v) => v > 0))
    assert.deepEqual(
      Object.keys(metrics)
        .filter((name) => name.startsWith('figures'))
        .sort(),
      ['layer 0/kl', 'layer 0/reconstruction', 'layer 1/kl', 'layer 1/reconstruction', 'pixels'].map(
        (name) => `figures/${name}`,
      ),
    )
  })
})
