import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directionsOf } from '../../lab/src/state/directions.js'
import { checkOptions } from '../../src/options/index.js'
import { ruleById } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { batchFor, evaluate, initialState, taskOf } from './harness.js'

const RULES = {
  'vae-layer': { units: [12, 6] },
  'hopfield-vae': { hidden: 8, latent: 3 },
  uff: { units: [12, 6], network: 'dense' },
  'uff of maps': { units: [3, 2], network: 'convolutional', kernel: 3, poolAfter: [] },
  nice: { units: [8], couplings: 4 },
}

for (const [name, hyper] of Object.entries(RULES))
  test(`${name}: an image is what its latents stand for, as its reconstruction tells it`, () => {
    const id = name.split(' ')[0]!
    const rule = ruleById(id)
    const task = taskOf({ shape: [1, 4, 4] })
    const traced = traceRule(rule, task, checkOptions(rule.hyper, hyper, id))
    const { of, encode, decode } = traced.latents()!
    assert.ok(of.length > 0)
    const state = initialState(traced)
    const batch = batchFor(encode, task, 1)
    const { latents } = evaluate(encode, state, batch).metrics
    assert.equal(latents!.length, 4 * decode.batch[0]!.input.shape[1]!)
    const { images } = evaluate(decode, state, { x: latents! }).metrics
    const graph = traced.generator('reconstructions')
    const wanted = graph ? evaluate(graph, state, batch).metrics.reconstructions! : batch.x!
    assert.equal(images!.length, wanted.length)
    // A flow that goes there and back loses nothing but the noise within a level.
    const most = graph ? 1e-9 : 0.5 / 255 + 1e-6
    for (const [i, pixel] of images!.entries()) assert.ok(Math.abs(pixel - wanted[i]!) <= most, `${pixel} ${wanted[i]}`)
    const moved = evaluate(decode, state, { x: latents!.map((value) => value + 1) }).metrics.images!
    assert.ok(moved.some((pixel, i) => Math.abs(pixel - images![i]!) > 1e-4))
  })

test('uff: a code that was pooled is no image without the places of its values, so it is offered as none', () => {
  const rule = ruleById('uff')
  const tracedWith = (poolAfter: readonly number[]) => {
    const hyper = { units: [3, 2], network: 'convolutional', kernel: 3, poolAfter }
    return traceRule(rule, taskOf({ shape: [1, 8, 8] }), checkOptions(rule.hyper, hyper, 'uff'))
  }
  for (const pooled of [[0], [1], [0, 1]]) assert.equal(tracedWith(pooled).latents(), undefined)
  // There is no third layer.
  assert.ok(tracedWith([2]).latents())
})

test('the directions of latents are those in which they differ most, as long as they differ', () => {
  const vectors = Array.from({ length: 40 }, (_, i) => Float32Array.of(1 + 3 * Math.sin(i), 2, 5 + Math.cos(1.7 * i)))
  const { mean, axes, places } = directionsOf(vectors)
  const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 0.15, `${a} ${b}`)
  for (const [i, value] of [1, 2, 5].entries()) near(mean[i]!, value)
  near(Math.abs(axes[0][0]!), 3 / Math.SQRT2)
  near(Math.abs(axes[1][2]!), 1 / Math.SQRT2)
  for (const [i, [a, b]] of places.entries())
    for (const k of [0, 1, 2])
      assert.ok(Math.abs(mean[k]! + a * axes[0][k]! + b * axes[1][k]! - vectors[i]![k]!) < 1e-4)
  const alike = directionsOf([Float32Array.of(1, 1), Float32Array.of(1, 1)])
  assert.deepEqual(alike.places[0], [0, 0])
})
