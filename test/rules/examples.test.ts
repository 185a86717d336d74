// What rules to come need of the contract, each shown by a small rule.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataSet, gatherInputs, order } from '../../src/data/index.js'
import { constant, interpret, scan, type Tensor, value, whileLoop } from '../../src/graph/index.js'
import { noiseInputs } from '../../src/nn/index.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { taskFor, traceRule } from '../../src/rules/index.js'
import { compile } from '../../src/runtime/compile.node.js'
import { partsOf } from '../../src/train/rows.js'
import { train } from '../../src/train/train.js'
import { openTrainer } from '../../src/train/trainer.js'
import { close } from '../nn/evaluate.js'
import { collect, keeper, lines, numbersOf, ofKind } from '../train/fixtures.js'
import { broadcast } from './examples/broadcast.js'
import { dataScaled } from './examples/data-scaled.js'
import { langevin } from './examples/langevin.js'
import { mirror } from './examples/mirror.js'
import { permuted } from './examples/permuted.js'
import { stacked } from './examples/stacked.js'
import { rowsOf } from './harness.js'

const data = lines()
const options = { epochs: 8, batch: 12, validation: 12, seed: 3 }

/** Trains to the end; with `stopAt`, in two halves, the second one from the checkpoint of the first. */
async function trained(rule: AnyRule, hyper: Record<string, unknown> = {}, stopAt?: number) {
  const kept = keeper()
  const config = { rule, data, hyper, options: { ...options, checkpointEvery: 2 } }
  const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
  if (stopAt !== undefined) {
    const abort = new AbortController()
    for await (const { event } of train({ ...config, platform, signal: abort.signal }))
      if (event === 'checkpoint' && kept.saved.length === stopAt) abort.abort()
  }
  const resume = stopAt === undefined ? undefined : kept.last()
  const events = await collect(train({ ...config, platform, resume }))
  const [done] = ofKind(events, 'done')
  return { state: numbersOf(kept.last()), test: done!.test.network!, start: ofKind(events, 'start')[0]! }
}

for (const rule of [dataScaled, mirror, permuted, stacked, broadcast] as AnyRule[])
  test(`${rule.id} learns, and is resumed bit for bit`, async () => {
    const whole = await trained(rule)
    assert.ok(whole.test.accuracy! > 0.8, `${whole.test.accuracy}`)
    assert.deepEqual((await trained(rule, {}, 7)).state, whole.state)
  })

test('a start that depends on data sees the first batch of the training samples, without their augmentation', async () => {
  const trainer = await openTrainer({ rule: dataScaled, data, options, platform: { compile } })
  const state = await trainer.initialState()
  await trainer.close()
  const { train: samples } = partsOf(data, { limit: data.train.count, ...options })
  const x = new Float32Array(25 * options.batch)
  gatherInputs(data, samples, order(samples.count, options.seed, 0).slice(0, options.batch), x)
  const rows = rowsOf([...x], options.batch)
  const mean = rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length)
  close([...state.mean!], mean, 1e-6)
  assert.deepEqual(
    traceRule(mirror as AnyRule, taskFor(data), { units: 20 }).init.batch.map(({ name }) => name),
    ['noise.hidden', 'noise.output', 'noise.feedback'],
  )
})

test('steps between epochs need no data: feedback that learns from noise mirrors the weights', async () => {
  const alignment = async (times: number): Promise<number> => {
    const { output, feedback } = (await trained(mirror as AnyRule, { times })).state
    const transposed = Array.from({ length: 3 * 20 }, (_, i) => output![(i % 20) * 3 + Math.floor(i / 20)]!)
    const dot = (a: number[], b: number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
    return dot(transposed, feedback!) / Math.sqrt(dot(transposed, transposed) * dot(feedback!, feedback!))
  }
  const [without, with40] = [await alignment(0), await alignment(40)]
  assert.ok(with40 > 0.95 && without < 0.8, `${without} and ${with40}`)
})

test('noise inside of a loop differs in every turn: Langevin steps have the variance that theory gives them', async () => {
  const { train: all, test: held, ...rest } = data
  const unlabelled = dataSet({
    ...{ ...rest, target: { kind: 'none' }, names: [] },
    train: { inputs: all.inputs, count: all.count },
    test: { inputs: held.inputs, count: held.count },
  })
  const events = await collect(train({ rule: langevin as AnyRule, data: unlabelled, options, platform: { compile } }))
  const measured = [
    ofKind(events, 'epoch')[0]!.metrics.network!.variance!,
    ofKind(events, 'done')[0]!.test.network!.variance!,
  ]
  // The same noise in every turn would give 2 / 0.1, twenty times as much.
  for (const variance of measured) assert.ok(Math.abs(variance - 1 / 0.95) < 0.1, `${variance}`)
})

test('in loops inside of loops each turn of each has its own noise; a loop that may end early has as much as it may need', () => {
  const { random, inputs } = noiseInputs()
  const nested = scan(2, [constant([0], [1])], ([sum], i) => {
    const inner = scan(3, [sum!], ([own]) => ({ carried: [own!.add(random.uniform('nested', [1]))], outputs: [own!] }))
    return { carried: inner.carried, outputs: [inner.carried[0]!.add(i.cast('float32').mul(0))] }
  })
  const [early] = whileLoop(4, [constant(0)], ([own], i) => {
    const next = own!.add(random.uniform('early', []))
    return { carried: [next], condition: constant(1, [], 'int32').greater(i) }
  })
  assert.deepEqual(
    inputs.map(({ shape }) => shape),
    [[2, 3, 1], [4]],
  )
  const noise = [
    [1, 2, 4, 8, 16, 32],
    [1, 2, 4, 8],
  ]
  const bindings = new Map(inputs.map((input, i) => [input, value(input, noise[i]!)]))
  const results = interpret([nested.carried[0]!, nested.outputs[0]!, early!] as Tensor[], bindings)
  assert.deepEqual(
    results.map(({ data: numbers }) => [...numbers]),
    [[63], [7, 63], [3]],
  )
})

test('structure depends on the seed and the name alone', () => {
  const drawn = (seed: number, name: string): number[] => {
    const out = new Float32Array(4)
    taskFor('glyphs', { seed }).structure(name).uniform(out)
    return [...out]
  }
  assert.deepEqual(drawn(1, 'order'), drawn(1, 'order'))
  assert.notDeepEqual(drawn(1, 'order'), drawn(2, 'order'))
  assert.notDeepEqual(drawn(1, 'order'), drawn(1, 'mask'))
})

test('layers in one stack are counted as parameters', async () => {
  const { start, state } = await trained(stacked as AnyRule, { layers: 4 })
  assert.equal(start.parameters, 4 * 25 * 25 + 4 * 25 * 3)
  assert.deepEqual(Object.keys(state), ['hidden', 'readout'])
})
