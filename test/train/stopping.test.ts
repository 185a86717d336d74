import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backprop } from '../../src/rules/backprop.js'
import { broadcast } from '../../src/rules/broadcast/broadcast.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { predictiveCoding } from '../../src/rules/predictive-coding/predictive-coding.js'
import { compile } from '../../src/runtime/compile.node.js'
import { adviceOn, notFinite } from '../../src/train/not-finite.js'
import { train } from '../../src/train/train.js'
import { counter, counterWith } from './counter.js'
import { accuracyOf, collect, keeper, lines, ofKind } from './fixtures.js'
import { interpreter } from './oracle.js'

const data = lines(48, 12)
/** 9 batches an epoch; the network is right after `best` steps, and knows one class of three otherwise. */
const counting = async (best: number, epochs: number, patience: number) => {
  const kept = keeper()
  const options = { epochs, patience, validation: 12 }
  const events = await collect(
    train({ rule: counter as AnyRule, data, hyper: { best }, options, platform: { ...interpreter, ...kept } }),
  )
  const done = events.at(-1)!
  assert.ok(done.event === 'done')
  const count = kept.last().state.find(({ name }) => name === 'count')!.data[0]
  return { events, done, count, epochs: ofKind(events, 'epoch').length }
}

test('early stopping waits as long as it was told, and keeps the best epoch', async () => {
  const { events, done, count, epochs } = await counting(27, 10, 2)
  assert.equal(epochs, 5)
  assert.equal(count, 27)
  const [early] = ofKind(events, 'stopped')
  assert.deepEqual(early, {
    event: 'stopped',
    reason: 'early',
    step: 45,
    message: 'no better validation accuracy for 2 epochs; kept is epoch 3 with 100.00 %',
  })
  assert.deepEqual([accuracyOf(done.test), accuracyOf(done.validation)], [1, 1])
})

test('with patience, the best epoch is kept when the epochs run out, too', async () => {
  const { events, count, epochs, done } = await counting(27, 4, 3)
  assert.deepEqual([epochs, count, ofKind(events, 'stopped').length, accuracyOf(done.test)], [4, 27, 0, 1])
})

test('an equal epoch is no better one', async () => {
  const { epochs, count } = await counting(-1, 10, 3)
  assert.deepEqual([epochs, count], [4, 9])
})

test('without patience the last epoch counts', async () => {
  const { epochs, count, done } = await counting(27, 4, 0)
  assert.deepEqual([epochs, count], [4, 36])
  assert.ok(Math.abs(accuracyOf(done.test)! - 1 / 3) < 1e-12)
})

for (const [rule, optimizer] of [
  [forwardForward, 'sgd'],
  [forwardForward, 'adam'],
  [backprop, 'sgd'],
  [backprop, 'adam'],
] as [AnyRule, string][])
  test(`${rule.id}, ${optimizer}: a rate of 1e9 ends with a sentence and the last good checkpoint`, async () => {
    const kept = keeper()
    const hyper = { units: [16, 16], rate: 1e9, optimizer }
    const options = { epochs: 20, batch: 12, validation: 12, seed: 1 }
    const events = await collect(train({ rule, data, hyper, options, platform: { compile, ...kept } }))
    const last = events.at(-1)!
    assert.ok(last.event === 'stopped' && last.reason === 'not-finite', JSON.stringify(last))
    assert.match(
      last.message,
      /^((layer \d|softmax head|network): )?.* (stopped being finite numbers|grew beyond 1e\+12) in epoch \d+, batch \d+( to \d+)?: /,
    )
    assert.match(
      last.message,
      /train anew, with a smaller rate than .*rate=1000000000.*; the last good checkpoint is memory/,
    )
    const { state } = kept.last()
    assert.ok(state.every(({ data: numbers }) => numbers.every(Number.isFinite)))
  })

test('the advice names the rates and step sizes that count, and no others', () => {
  const advice = (rule: AnyRule, options: Record<string, unknown>): string =>
    adviceOn(rule.hyper, rule.hyper.parse(options) as Record<string, unknown>)
  assert.equal(
    advice(broadcast as unknown as AnyRule, {}),
    'train anew, with a smaller rate than rate=0.001, outputRate=0.001',
  )
  assert.match(advice(broadcast as unknown as AnyRule, { method: 'fa', align: 'sal' }), /alignRate=0.04/)
  assert.match(advice(predictiveCoding as unknown as AnyRule, {}), /stepSize=1/)
  assert.doesNotMatch(advice(predictiveCoding as unknown as AnyRule, { method: 'backprop' }), /stepSize/)
})

test('a metric that is no number stops the training, though the state is sound', async () => {
  const rule = counterWith({
    steps: () => ({ joint: (state) => [state, { network: { loss: state.trace.sub(1).log() } }] }),
  })
  const events = await collect(train({ rule, data, platform: interpreter }))
  const last = events.at(-1)!
  assert.ok(last.event === 'stopped' && last.reason === 'not-finite')
  assert.equal(last.message, 'loss stopped being finite numbers in epoch 1, batch 1: train anew with smaller steps')
})

test('steps of a schedule run where it says, and in its order', async () => {
  // Two batches of `next` alone, then one of `double` and `next`: the trace t becomes t + 1, t + 2, 2 t + 5.
  const rule = counterWith({
    schedule: (epoch, batch) => (batch % 3 === 2 || epoch === 1 ? ['double', 'next'] : ['next']),
  })
  const kept = keeper()
  const events = await collect(
    train({ rule, data, options: { epochs: 2, validation: 12 }, platform: { ...interpreter, ...kept } }),
  )
  let trace = 0
  for (let epoch = 0; epoch < 2; epoch++)
    for (let batch = 0; batch < 9; batch++) {
      if (batch % 3 === 2 || epoch === 1) trace *= 2
      trace++
    }
  const state = Object.fromEntries(kept.last().state.map(({ name, data: [number] }) => [name, number]))
  assert.deepEqual(state, { count: 18, trace })
  // The metric of `double` is there on its batches alone, and its mean is over those.
  const [first] = ofKind(events, 'epoch')
  assert.deepEqual(first!.metrics.network!.double, (2 + 7 + 17) / 3)
})

test('a schedule that names no step is a mistake of the rule', async () => {
  const rule = counterWith({ schedule: () => ['upward'] })
  await assert.rejects(
    collect(train({ rule, data, platform: interpreter })),
    /the schedule of counter names .*"upward"/,
  )
})

test('the lowest layer with a number that is not finite comes first, and what lies elsewhere is counted apart', () => {
  const blocks = ['lower', 'upper'].map((name) => ({ name, parameters: [`${name}s.weight`] }))
  const measured = (figures: Readonly<Record<string, number[]>>) =>
    Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, Float32Array.from(values)]))
  const metrics = measured({
    'upper/loss': [Number.NaN],
    'lower/loss': [1, Number.POSITIVE_INFINITY],
    other: [Number.NaN],
  })
  assert.equal(
    notFinite({ notFinite: ['lowers.weight'], metrics }, blocks),
    'lower: lowers.weight, loss, and 2 elsewhere, stopped being finite numbers',
  )
  assert.equal(notFinite({ notFinite: [], metrics: measured({ loss: [2e12] }) }, blocks), 'loss grew beyond 1e+12')
  assert.equal(notFinite({ notFinite: [], metrics: measured({ loss: [2] }) }, blocks), undefined)
})
