// Federated training by real rules on small data, all in memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { federatedOf } from '../../../src/distributed/federated/options.js'
import { openTrainer, train } from '../../../src/index.js'
import { backprop } from '../../../src/rules/backprop.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { uff } from '../../../src/rules/uff/uff.js'
import { compile } from '../../../src/runtime/compile.node.js'
import { collect, keeper, lines, ofKind } from '../../train/fixtures.js'
import { type Case, federated } from './memory-run.js'

const numbers = ({ state }: ReturnType<ReturnType<typeof keeper>['last']>, part: RegExp) =>
  state.filter(({ name }) => part.test(name)).map(({ name, data }) => [name, [...data]] as const)

const net: Case = {
  rule: backprop as AnyRule,
  hyper: { units: [12], rate: 0.01 },
  federated: { clients: 1, rounds: 3 },
}
const cells: Case = { rule: uff as AnyRule, hyper: { units: [12, 8] }, federated: { clients: 1, rounds: 2 } }

test('one client with all samples and an epoch a round is plain training', async () => {
  for (const one of [net, cells]) {
    const { kept, done } = await federated(one)
    const plain = keeper()
    const options = { batch: 10, validation: 0, seed: 3, threads: 1, epochs: one.federated.rounds! }
    const own = await collect(
      train({ ...{ rule: one.rule, hyper: one.hyper, data: lines(), options }, platform: { compile, ...plain } }),
    )
    const [made, wanted] = [kept, plain].map((each) => numbers(each.last(), /^(?!.*optimizer)(?!.*decoder)/))
    assert.deepEqual(
      made!.map(([name]) => name),
      wanted!.map(([name]) => name),
    )
    // A delta and its sum are each rounded once a round.
    for (const [k, [name, values]] of made!.entries())
      for (const [i, value] of values.entries())
        assert.ok(Math.abs(value - wanted![k]![1][i]!) < 1e-5, `${name} ${i}: ${value} and ${wanted![k]![1][i]}`)
    assert.deepEqual(done.test.network?.accuracy, ofKind(own, 'done')[0]!.test.network?.accuracy)
  }
})

test('with steps in the place of an epoch, a round reads the first batches of a new order', async () => {
  const { kept, events, rounds } = await federated({ ...net, federated: { clients: 1, rounds: 2, localSteps: 3 } })
  const options = { batch: 10, validation: 0, seed: 3, threads: 1, epochs: 2 }
  const trainer = await openTrainer({
    ...{ rule: net.rule, hyper: net.hyper, data: lines(), options, platform: { compile } },
  })
  assert.ok(trainer.plan.batches > 3)
  await trainer.load(await trainer.initialState())
  for (const epoch of [0, 1]) await trainer.run({ phase: 0, epoch, between: 0, batch: 0 }, 3)
  const wanted = await trainer.read()
  await trainer.close()
  for (const [name, values] of numbers(kept.last(), /^(?!.*optimizer)/))
    for (const [i, value] of values.entries()) assert.ok(Math.abs(value - wanted[name]![i]!) < 1e-5, `${name} ${i}`)
  assert.equal(rounds.length, 2)
  assert.equal(ofKind(events, 'start')[0]!.federation!.localSteps, 3)
  assert.throws(() => federatedOf({ localSteps: 3, localEpochs: 2 }), /leave --local-epochs out/)
})

test('what a cell needs to learn alone never leaves a client, unless it is asked for', async () => {
  const { events, kept } = await federated(cells)
  const [start] = ofKind(events, 'start')
  assert.deepEqual(start!.federation!.stays, ['layers.0.decoder.bias', 'layers.1.decoder.bias'])
  for (const [name, values] of numbers(kept.last(), /decoder/))
    assert.ok(
      values.every((value) => value === 0),
      name,
    )
  const open = await federated({ ...cells, federated: { ...cells.federated, private: 'none' } })
  for (const [name, values] of numbers(open.kept.last(), /decoder/))
    assert.ok(
      values.some((value) => value !== 0),
      name,
    )
})

test('one layer a round: only its tensors go up, and those below come down once', async () => {
  const whole = await federated({ ...cells, federated: { clients: 2, rounds: 1 } })
  const { rounds } = await federated({
    ...cells,
    options: { schedule: 'greedy' },
    federated: { clients: 2, rounds: 2 },
  })
  assert.deepEqual(
    rounds.map(({ learns }) => learns),
    ['layer 0', 'layer 0', 'layer 1', 'layer 1', 'classifier', 'classifier'],
  )
  for (const { bytesUp } of rounds) assert.ok(bytesUp < whole.rounds[0]!.bytesUp)
  // The first round fetches the whole network, the others the layer that has changed.
  for (const { bytesDown } of rounds.slice(1)) assert.ok(bytesDown < rounds[0]!.bytesDown)
})

test('8 bits send a quarter, pulls hold clients back, and both still learn', async () => {
  const data = lines(240)
  const wide: Case = { ...net, hyper: { units: [64, 64], rate: 0.01 }, data, federated: { clients: 4, rounds: 6 } }
  const [plain, small, pulled] = [
    await federated(wide),
    await federated({ ...wide, federated: { ...wide.federated, bits: 8 } }),
    await federated({ ...wide, federated: { ...wide.federated, proximal: 0.05 } }),
  ]
  for (const { done } of [plain, small, pulled]) assert.ok(done.test.network!.accuracy! > 0.9)
  assert.ok(small.rounds[0]!.bytesUp < 0.4 * plain.rounds[0]!.bytesUp)
  assert.ok(pulled.rounds.at(-1)!.loss! > plain.rounds.at(-1)!.loss!)
})

test('privacy tells its epsilon, which grows', async () => {
  const { rounds } = await federated({ ...net, federated: { clients: 3, rounds: 2, noise: 1, clip: 0.5 } })
  assert.ok(rounds[0]!.epsilon! > 0 && rounds[1]!.epsilon! > rounds[0]!.epsilon!)
})

test('skewed clients learn together what none of them knows alone', async () => {
  const { rounds, done } = await federated({
    ...net,
    data: lines(240),
    federated: { clients: 3, rounds: 8, alpha: 0.05 },
  })
  assert.equal(rounds.length, 8)
  assert.ok(done.test.network!.accuracy! > 0.8, `${done.test.network!.accuracy}`)
})
