// What a step learns: by reconstruction the gradient of backpropagation, in greedy training that of one coupling.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reachable } from '../../../src/graph/index.js'
import { liveness } from '../../../src/onnx/liveness.js'
import { nice } from '../../../src/rules/nice/nice.js'
import { traceRule } from '../../../src/rules/trace.js'
import { close } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from '../harness.js'
import { given, gradientsIn, hyperOf, parametersOf, sevenPixels } from './given.js'

for (const split of ['alternating', 'random'])
  for (const prior of ['logistic', 'gaussian'])
    test(`reconstructed inputs give the gradient by grad through the whole: ${split}, ${prior}`, () => {
      const [reconstructed, kept] = ['reconstructed', 'kept'].map((gradient) => {
        const { joint, state, batch } = given({ gradient, split, prior })
        return evaluate(joint, state, batch)
      })
      const [own, expected] = [reconstructed, kept].map((result) => gradientsIn(result!.state))
      assert.deepEqual(Object.keys(own!), Object.keys(expected!))
      const all = Object.values(expected!).flat()
      assert.ok(Math.hypot(...all) > 1)
      for (const name of Object.keys(expected!)) close(own![name]!, expected![name]!, 1e-10, name)
      close(reconstructed!.metrics.nats!, kept!.metrics.nats!, 1e-12)
    })

test('the gradient is the slope of the density that held-out samples are measured by', () => {
  const { traced, joint, state, batch } = given()
  const { state: after } = evaluate(joint, state, batch)
  const gradients = Object.values(gradientsIn(after))
  // Layers and their scaling have optimisers of their own, in the order of the parameters.
  const names = parametersOf(state)
  const lossAt = (moved: Numbers): number => {
    const nats = evaluate(traced.predict, { ...state, ...moved }, batch).metrics['figures/nats']!
    return -nats.reduce((a, b) => a + b) / nats.length
  }
  const h = 1e-6
  for (const [i, name] of names.entries()) {
    const at = state[name]!
    assert.equal(gradients[i]!.length, at.length, name)
    const place = (7 * i) % at.length
    const [above, below] = [h, -h].map((step) => lossAt({ [name]: at.with(place, at[place]! + step) }))
    const slope = (above! - below!) / (2 * h)
    assert.ok(Math.abs(slope - gradients[i]![place]!) < 1e-5 * Math.max(1, Math.abs(slope)), `${name} ${place}`)
  }
})

test('activities of one coupling are alive at a time, however many there are', () => {
  const peak = (gradient: string, couplings: number): number => {
    const task = taskOf({ shape: [1, 8, 8], batch: 64 })
    const { joint } = traceRule(nice, task, hyperOf({ gradient, couplings, units: [32, 32, 32, 32] })).steps
    return liveness(joint!).peakActivationBytes
  }
  const growth = (gradient: string): number => peak(gradient, 12) / peak(gradient, 4)
  assert.ok(growth('reconstructed') < 1.05, `${growth('reconstructed')}`)
  assert.ok(growth('kept') > 2.5, `${growth('kept')}`)
})

describe('at the start', () => {
  const { traced, state, batch, task } = (() => {
    const own = given({ couplings: 3 })
    return { ...own, state: initialState(own.traced) }
  })()
  test('each coupling is the identity: it changes the density by exactly nothing', () => {
    const { metrics } = evaluate(traced.predict, state, batch)
    const network = metrics['figures/nats']!
    for (const k of [0, 1, 2]) close(metrics[`figures/coupling ${k}/nats`]!, network, 1e-12)
    assert.ok(network.every((v) => Number.isFinite(v)))
  })
  test('latent coordinates have the mean and the deviation of the prior on the batch that init saw', () => {
    const seen = batchFor(traced.init, task)
    const start = initialState(traced)
    const columns = [0, 1, 2, 3, 4, 5, 6].map((i) => seen.x!.filter((_, n) => n % 7 === i).map((v) => (v * 255) / 256))
    for (const [i, column] of columns.entries()) {
      const mean = column.reduce((a, b) => a + b) / column.length
      const variance = column.reduce((a, v) => a + (v - mean) ** 2, 0) / column.length + 1 / (12 * 256 ** 2)
      assert.ok(Math.abs(start.centre![i]! - mean - 0.5 / 256) < 1e-12)
      assert.ok(Math.abs(start.unit![i]! - Math.sqrt(variance) / (Math.PI / Math.sqrt(3))) < 1e-12)
    }
  })
})

describe('greedy training', () => {
  test('of a coupling is joint training of a flow that ends with it', () => {
    const { traced, state, batch } = given({ couplings: 3 })
    const one = given({ couplings: 2 })
    const wanted = gradientsIn(evaluate(one.joint, state, batch).state)
    const own = gradientsIn(evaluate(traced.greedy(1).step, state, batch).state)
    for (const [name, gradient] of Object.entries(wanted).filter(([name]) => name.startsWith('optimizer.1.')))
      close(own[name]!, gradient, 1e-10, name)
  })
  test('touches one coupling only, and reads none above', () => {
    const { traced } = given({ couplings: 4 })
    for (const layer of [0, 1, 2, 3]) {
      const { step } = traced.greedy(layer)
      const changed = step.state.filter(({ input, output }) => input !== output).map(({ name }) => name)
      assert.ok(changed.length > 0)
      for (const name of changed) assert.match(name, new RegExp(`^(couplings|optimizer)\\.${layer}\\.`))
      const read = new Set(reachable(changed.map((name) => step.state.find((leaf) => leaf.name === name)!.output)))
      for (const { name, input } of step.state)
        if (read.has(input.node) && name.startsWith('couplings')) assert.ok(Number(name.split('.')[1]) <= layer, name)
    }
  })
  test('draws fresh noise in every step: no features are kept but the samples', () => {
    const { traced, task } = given()
    const { features, step } = traced.greedy(2)
    const batch = batchFor(features, task)
    const { x } = evaluate(features, initialState(traced), batch).metrics as { x?: number[] }
    assert.equal(x, undefined)
    close(evaluate(features, initialState(traced), batch).metrics.features!, batch.x!)
    assert.ok(step.batch.some(({ name }) => name === 'noise.grey'))
  })
})

test('real numbers are no grey levels: they get no noise, and bits are nats over ln 2', () => {
  const { input: _, ...task } = sevenPixels()
  const real = { ...task, input: { shape: [7] } }
  const traced = traceRule(nice, real, hyperOf({}))
  assert.ok(!traced.steps.joint!.batch.some(({ name }) => name.startsWith('noise')))
  const { metrics } = evaluate(traced.predict, initialState(traced), batchFor(traced.predict, real))
  close(
    metrics['figures/bits']!,
    metrics['figures/nats']!.map((v) => -v / 7 / Math.LN2),
    1e-12,
  )
})

test('a batch of too few samples for the start is warned of', () => {
  const warned = (batch: number): readonly string[] => nice.warnings!(taskOf({ batch }), hyperOf({}))
  assert.match(warned(1).join(), /a batch of 1: .* take batches of 10 or more/)
  assert.deepEqual(warned(10), [])
})

test('a sample of one number is refused', () => {
  assert.throws(() => traceRule(nice, taskOf({ shape: [1, 1, 1] }), hyperOf({})), {
    name: 'UserError',
    message: /two numbers at least/,
  })
})
