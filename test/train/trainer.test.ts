// The trainer by itself: K steps from any state and place, for whoever writes another loop around it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DataSet } from '../../src/data/index.js'
import { openTrainer, type TrainerConfig, train } from '../../src/index.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { TensorRecord } from '../../src/runtime/index.js'
import { stateRecord } from '../../src/train/checkpoint.js'
import { endOf, globalStep } from '../../src/train/plan.js'
import { accuracyOf, keeper, lines } from './fixtures.js'

const rule = forwardForward as AnyRule
const hyper = { units: [12, 12], rate: 0.01, negatives: 'uniform' }
const options = { epochs: 3, batch: 10, validation: 20, seed: 3 }
const config = (data: DataSet = lines(), more: Partial<TrainerConfig['options']> = {}): TrainerConfig => ({
  ...{ rule, data, hyper, platform: { compile } },
  options: { ...options, ...more },
})
const numbers = (state: TensorRecord): Record<string, number[]> =>
  Object.fromEntries(Object.entries(state).map(([name, data]) => [name, [...data]]))

/** What `train` ends with. */
async function trained(own: TrainerConfig, below?: ReturnType<ReturnType<typeof keeper>['last']>) {
  const kept = keeper()
  for await (const _ of train({ ...own, below, platform: { ...own.platform, ...kept } }));
  return kept.last()
}

test('however its steps are cut, a trainer makes the steps of `train`, bit for bit, over the ends of epochs', async () => {
  const wanted = numbers(stateRecord((await trained(config())).state))
  for (const cut of [7, 10, 30]) {
    const trainer = await openTrainer(config())
    await trainer.load(await trainer.initialState())
    let at = trainer.positionAt(0)
    let made = 0
    for (let ran = { steps: cut }; ran.steps === cut; ) {
      const next = await trainer.run(at, cut)
      ;[at, ran] = [next.at, next]
      made += next.steps
      assert.equal(globalStep(trainer.plan, at), made)
    }
    assert.equal(made, 30)
    assert.deepEqual(numbers(await trainer.read()), wanted, `${cut} steps at a time`)
    await trainer.close()
  }
})

test('from a state and the place of a step, the rest of a training is the same in another trainer', async () => {
  const wanted = numbers(stateRecord((await trained(config())).state))
  const [one, other] = [await openTrainer(config()), await openTrainer(config())]
  await one.load(await one.initialState())
  await one.run(one.positionAt(0), 13)
  await other.load(await one.read())
  assert.deepEqual(other.positionAt(13), { phase: 0, epoch: 1, between: 0, batch: 3 })
  const { steps, metrics } = await other.run(other.positionAt(13), 100)
  assert.equal(steps, 17)
  assert.deepEqual(Object.keys(metrics.blocks!), ['layer 0', 'layer 1'])
  assert.deepEqual(numbers(await other.read()), wanted)
  for (const trainer of [one, other]) await trainer.close()
})

/** Federated averaging: everybody makes some steps on data of their own; then all go on from the mean of the models. */
async function federated(own: readonly DataSet[], rounds: number): Promise<{ accuracy: number; state: TensorRecord }> {
  const trainers = await Promise.all(own.map((data) => openTrainer(config(data))))
  const [first] = trainers
  const states = trainers.map((): TensorRecord => ({}))
  const start = await first!.initialState()
  for (const state of states) Object.assign(state, structuredClone(start))
  const shared = first!.tensors.filter(({ role }) => role !== 'optimizer').map(({ name }) => name)
  for (let round = 0; round < rounds; round++) {
    for (const [i, trainer] of trainers.entries()) {
      await trainer.load(states[i]!)
      await trainer.run(trainer.positionAt(10 * round), 10)
      states[i] = await trainer.read()
    }
    for (const name of shared) {
      const mean = states[0]![name]!.map(
        (_, k) => states.reduce((sum, state) => sum + state[name]![k]!, 0) / own.length,
      )
      for (const state of states) state[name] = mean.slice()
    }
  }
  await first!.load(states[0]!)
  const accuracy = accuracyOf(await first!.measure(own[0]!.test))!
  for (const trainer of trainers) await trainer.close()
  return { accuracy, state: states[0]! }
}

test('two trainers that average their models every ten steps learn, and the same every time', async () => {
  const all = lines(240)
  const half = (part: number): DataSet => {
    const { train: own } = all
    const rows = Array.from({ length: 120 }, (_, i) => 2 * i + part)
    const size = own.inputs.length / own.count
    const inputs = own.inputs.slice(0, 120 * size)
    rows.forEach((row, i) => {
      inputs.set(own.inputs.subarray(row * size, (row + 1) * size), i * size)
    })
    return {
      ...all,
      train: { ...own, inputs, targets: Uint8Array.from(rows, (row) => own.targets![row]!), count: 120 },
    }
  }
  const halves = [half(0), half(1)]
  const [once, again] = [await federated(halves, 3), await federated(halves, 3)]
  assert.deepEqual(numbers(again.state), numbers(once.state))
  assert.ok(once.accuracy > 0.8, `${once.accuracy}`)
})

test('roles: what predictions are made of is the model, what the optimiser remembers is its own', async () => {
  const trainer = await openTrainer({ ...config(), hyper: { ...hyper, optimizer: 'adam' } })
  const roleOf = (part: RegExp) =>
    new Set(trainer.tensors.filter(({ name }) => part.test(name)).map(({ role }) => role))
  assert.deepEqual(roleOf(/^layers\.\d\.(weight|bias)$/), new Set(['model']))
  assert.deepEqual(roleOf(/optimizer/), new Set(['optimizer']))
  assert.equal(
    trainer.parameters,
    trainer.tensors
      .filter(({ role }) => role === 'model')
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
  )
  assert.equal(trainer.certificate.local, true)
  await trainer.close()
})

test('a layer learns from features that are handed to it as from those that it would compute itself', async () => {
  const greedy = { schedule: 'greedy', epochs: 2 } as const
  const below = await trained(config(lines(), { ...greedy, layer: 0 }))
  const wanted = await trained(config(lines(), { ...greedy, layer: 1 }), below)
  const [lower, upper] = [await openTrainer(config(lines(), greedy)), await openTrainer(config(lines(), greedy))]
  for (const trainer of [lower, upper]) await trainer.load(stateRecord(below.state))
  // Ten batches an epoch, two epochs a layer.
  let at = upper.positionAt(20)
  assert.deepEqual(at, { phase: 1, epoch: 0, between: 0, batch: 0 })
  for (let step = 0; step < 20; step++) {
    const { x, target } = await lower.batch(at)
    const ran = await upper.run(at, 1, { x: await lower.features(1, x), target: target! })
    at = upper.positionAt(21 + step)
    assert.ok(ran.steps === 1)
  }
  assert.deepEqual(numbers(await upper.read()), numbers(stateRecord(wanted.state)))
  await assert.rejects(upper.run(upper.positionAt(20), 2, { x: new Float32Array(7) }), /UserError: these steps read/)
  for (const trainer of [lower, upper]) await trainer.close()
})

test('a loaded state takes the place of the one before, whatever was made or kept ahead of it', async () => {
  const greedy = { schedule: 'greedy', epochs: 2 } as const
  const [one, fresh] = [await openTrainer(config(lines(), greedy)), await openTrainer(config(lines(), greedy))]
  const start = await one.initialState()
  await one.load(start)
  await one.run(one.positionAt(0), 20)
  const learned = await one.read()
  // What the lower layer hands up is kept for the upper one: first that of the trained layer, then that of the new one.
  await one.run(one.positionAt(20), 5)
  await one.load(start)
  await one.run(one.positionAt(20), 5)
  await fresh.load(start)
  await fresh.run(fresh.positionAt(20), 5)
  assert.deepEqual(numbers(await one.read()), numbers(await fresh.read()))
  assert.notDeepEqual(numbers(await one.read()), numbers(learned))
  for (const trainer of [one, fresh]) await trainer.close()
})

test('a place that its training does not have, and a number of steps that is none, are refused', async () => {
  const trainer = await openTrainer(config())
  await trainer.load(await trainer.initialState())
  for (const step of [-1, 1.5, Number.NaN]) {
    assert.throws(() => trainer.positionAt(step), /^UserError: a number of steps is a whole number from 0, not /)
    await assert.rejects(trainer.run(trainer.positionAt(0), step), /^UserError: the steps to run are a whole number/)
  }
  const begin = { phase: 0, epoch: 0, between: 0, batch: 0 }
  for (const at of [{ epoch: 3 }, { batch: 11 }, { batch: -1 }, { batch: 0.5 }, { between: 1 }, { phase: 2 }]) {
    const message = /^UserError: this training never stands at {"phase":/
    await assert.rejects(trainer.run({ ...begin, ...at }, 1), message)
    await assert.rejects(trainer.next({ ...begin, ...at }), message)
    await assert.rejects(trainer.batch({ ...begin, ...at }), message)
  }
  const end = { ...begin, batch: 10 }
  await assert.rejects(trainer.next(end), /^UserError: no step begins at /)
  await assert.rejects(trainer.batch(end), /^UserError: no batch begins at /)
  await assert.rejects(trainer.features(2, new Float32Array(25)), /^UserError: .* 2 layers .*: there is no layer 2$/)
  // One that is over makes no step, and its end is a place.
  assert.equal((await trainer.run(trainer.positionAt(30), 1)).steps, 0)
  await trainer.close()
})

test('a call takes no more steps than it is asked for, though a longer one was made ahead', async () => {
  const trainer = await openTrainer(config(lines(2020), { checkpointEvery: 50 }))
  await trainer.load(await trainer.initialState())
  let at = trainer.positionAt(0)
  for (let taken = 0; taken < 8; ) {
    const done = await trainer.next(at)
    taken = done.call.batches
    at = endOf(done.call)
  }
  const { call } = await trainer.next(at, { most: 1 })
  assert.deepEqual([call.batches, call.runs], [1, 1])
  await trainer.close()
})
