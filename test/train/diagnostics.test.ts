// Each kind of advice by a training that provokes it, on images of 25 pixels; what is well hears nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DataSet, dataSet } from '../../src/data/index.js'
import type { Values } from '../../src/options/index.js'
import { findRule } from '../../src/rules/load.node.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { AdviceEvent } from '../../src/train/diagnostics/advice.js'
import type { Observation } from '../../src/train/diagnostics/diagnosis.js'
import { overfitting } from '../../src/train/diagnostics/overfitting.js'
import { countUnits } from '../../src/train/diagnostics/units.js'
import type { Scores, TrainEvent } from '../../src/train/events.js'
import type { TrainInput } from '../../src/train/options.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, lines, numbersOf, ofKind } from './fixtures.js'

const run = async (rule: string, input: TrainInput, data: DataSet = lines()): Promise<TrainEvent[]> =>
  await collect(train({ rule: await findRule(rule), data, ...input, platform: { compile } }))

const adviceOf = async (...asked: Parameters<typeof run>): Promise<AdviceEvent[]> =>
  ofKind(await run(...asked), 'advice')

const of = (advice: readonly AdviceEvent[], kind: string): AdviceEvent[] => advice.filter((own) => own.kind === kind)

const options = { epochs: 3, batch: 10, validation: 30 }

test('steps that are too large: the loss, the weights and the units say so, once each, with the rate to try', async () => {
  const hyper = { units: [20, 20], rate: 3 }
  const advice = await adviceOf('backprop', { hyper, options })
  const [high] = of(advice, 'step size too high')
  assert.ok(high!.value > 100 && high!.epoch === 1 && high!.block === undefined, JSON.stringify(high))
  assert.match(high!.message, /^the steps are too large: .* Try a smaller step size, such as rate=0\.3 \(now 3\)$/)
  const exploding = of(advice, 'exploding weights')
  assert.deepEqual(
    exploding.map(({ block }) => block),
    ['layer 0', 'layer 1', 'output'],
  )
  for (const { value } of exploding) assert.ok(value > 10 && value < 100, `${value}`)
  assert.match(exploding[0]!.message, /weightDecay=0\.001 \(now 0\)$/)
  const dead = of(advice, 'dead units')
  assert.deepEqual(
    dead.map(({ block, value }) => [block, value]),
    [
      ['layer 0', 1],
      ['layer 1', 1],
    ],
  )
  assert.match(dead[0]!.message, /^20 of 20 units are dead/)
  const keys = advice.map(({ kind, block }) => `${kind} of ${block}`)
  assert.deepEqual(keys, [...new Set(keys)])
})

test('a unit is dead that has the same number everywhere, whichever it is; one that differs between batches is not', () => {
  const measured = { 'most/layer 0': [1, 0, 0.5, 0, 1, 0, 0.75, 0.25], 'least/layer 0': [1, 0, 0.5, 0, 1, 0, 0.75, 0] }
  assert.deepEqual(countUnits(measured, 2), { 'layer 0': { count: 4, dead: 2 } })
})

test('a layer that stopped learning: no gradient passes its dead units', async () => {
  const hyper = { units: [20, 20], optimizer: 'sgd', momentum: 0, rate: 30 }
  const stopped = of(await adviceOf('backprop', { hyper, options }), 'stopped learning')
  const [layer] = stopped
  assert.deepEqual([layer!.block, layer!.epoch, layer!.value], ['layer 0', 2, 0])
  assert.match(layer!.message, /^it stopped learning: the epoch changed none of its weights\./)
})

test('what does not learn by design is no layer that stopped learning', async () => {
  const hyper = { units: [20, 20] }
  const input = { hyper: { ...hyper, negatives: 'uniform' }, options: { ...options, schedule: 'greedy' as const } }
  assert.deepEqual(of(await adviceOf('forward-forward', input), 'stopped learning'), [])
  const frozen = { hyper: { units: [20, 20], cellsUntil: 0.4, network: 'dense' }, options }
  assert.deepEqual(of(await adviceOf('uff', frozen), 'stopped learning'), [])
})

test('a step size that its schedule lets fall to 0 is no layer that stopped learning, at the end and where it freezes', async () => {
  const slow = { rate: 0.001, schedule: 'cosine' }
  const whole = { hyper: { units: [20], ...slow }, options: { ...options, epochs: 60 } }
  assert.deepEqual(of(await adviceOf('backprop', whole), 'stopped learning'), [])
  const half = { ...{ network: 'dense', units: [20, 20], until: [0.5, 1], optimizer: 'adam', heads: 'each' }, ...slow }
  const input = { hyper: half, options: { ...options, epochs: 160 } }
  assert.deepEqual(of(await adviceOf('local-heads', input), 'stopped learning'), [])
})

test('overfitting: classes that chance gave are learned by heart', async () => {
  const { train: own, ...data } = lines(90, 30)
  const targets = Uint8Array.from({ length: 90 }, (_, i) => (7 * i * i + (i >> 2)) % 3)
  const random = dataSet({ ...data, train: { ...own, targets } } as never)
  const overfits = async (rule: string, hyper: Values, more: Values = {}): Promise<AdviceEvent[]> =>
    of(await adviceOf(rule, { hyper, options: { ...options, epochs: 20, ...more } }, random), 'overfitting')
  const hyper = { units: [100], rate: 0.01 }
  const [found, ...more] = await overfits('backprop', hyper)
  assert.deepEqual(more, [])
  assert.ok(found!.value > 0.3, JSON.stringify(found))
  assert.match(
    found!.message,
    /% on training samples and .* % on held-out ones, no better since epoch \d+\. Try patience=3/,
  )
  // Who has patience already is not told to have some.
  const [patient] = await overfits('backprop', hyper, { patience: 19 })
  assert.match(patient!.message, /Try weightDecay=0\.001 \(now 0\) or more training samples$/)
})

test('overfitting: patience is no remedy where a read-out is solved after the last epoch', () => {
  const scores = (accuracy: number): Scores => ({ network: { accuracy } })
  const epochs = [0.5, 0.4, 0.4, 0.4].map(
    (accuracy, i): Observation => ({
      ...{ epoch: i + 1, metrics: {}, validation: scores(accuracy), training: scores(1), weights: {}, units: {} },
      criterion: { figure: 'accuracy', better: 'larger' },
    }),
  )
  const said = (couldWait: boolean): string =>
    overfitting.find(epochs, {
      ...{
        hyper: {},
        options: new Set<string>(),
        blocks: [],
        couldWait,
        heldOut: 200,
        seen: 200,
        shares: ['accuracy'],
      },
    })[0]!.message
  assert.match(said(true), /Try patience=3, which keeps the best epoch or more training samples$/)
  assert.match(said(false), /Try more training samples$/)
})

test('saturated goodness: pairs whose loss is flat, in a layer that knows little', async () => {
  const hyper = { units: [20, 20], rate: 3, negatives: 'uniform' }
  const advice = await adviceOf('forward-forward', { hyper, options: { ...options, epochs: 6 } })
  const saturated = of(advice, 'saturated goodness')
  assert.ok(saturated.length > 0)
  for (const { value, message } of saturated) {
    assert.ok(Math.abs(value) <= 0.01, `${value}`)
    assert.match(message, /negatives=hard \(now uniform\), a smaller alpha than 20 or a smaller step size/)
  }
})

test('collapsed latents: a heavy divergence leaves them nothing to say', async () => {
  const hyper = { units: [20], latents: [4], beta: 3, rate: 0.01 }
  const events = await run('vae-layer', { hyper, options: { ...options, epochs: 12 } })
  const [found] = of(ofKind(events, 'advice'), 'collapsed latents')
  assert.equal(found!.block, 'layer 0')
  const epoch = ofKind(events, 'epoch')[found!.epoch - 1]!
  assert.equal(found!.value, epoch.validation!.blocks!['layer 0']!.kl)
  assert.match(found!.message, /a smaller beta than 3/)
})

test('a training that is well hears nothing, and is the same bit for bit whether it is looked at or not', async () => {
  const trained = async (advice?: false) => {
    const kept = keeper()
    const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
    const hyper = { units: [20, 20], rate: 0.01 }
    const told = train({
      rule: await findRule('backprop'),
      data: lines(),
      hyper,
      options,
      platform,
      ...(advice === false && { advice }),
    })
    return { events: await collect(told), numbers: numbersOf(kept.last()) }
  }
  const [watched, alone] = [await trained(), await trained(false)]
  assert.deepEqual(ofKind(watched.events, 'advice'), [])
  assert.deepEqual(watched.numbers, alone.numbers)
  assert.deepEqual(
    ofKind(watched.events, 'epoch').map(({ validation, metrics }) => [validation, metrics]),
    ofKind(alone.events, 'epoch').map(({ validation, metrics }) => [validation, metrics]),
  )
})
