// What a federation refuses before its first round, since it would promise what it cannot keep.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { federatedOf } from '../../../src/distributed/federated/options.js'
import { federation, keptFederated, newFederated } from '../../../src/distributed/federated/up.node.js'
import { UsageError } from '../../../src/errors.js'
import { train } from '../../../src/node.js'
import { backprop } from '../../../src/rules/backprop.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { spikeAlignment } from '../../../src/rules/spike-alignment/spike-alignment.js'
import { uff } from '../../../src/rules/uff/uff.js'
import { collect, lines } from '../../train/fixtures.js'
import { type Case, federated } from './memory-run.js'

const net: Case = { rule: backprop as AnyRule, hyper: { units: [8] }, federated: { clients: 2, rounds: 1 } }
const cells: Case = { ...net, rule: uff as AnyRule, hyper: { units: [8, 6] } }

const refused = (own: Case, why: RegExp): Promise<void> =>
  assert.rejects(federated(own), (error) => error instanceof UsageError && why.test(error.message))

test('noise does not go with a read-out that is solved: its sums would be exact, whatever epsilon is told', async () => {
  const noisy = { ...net.federated, noise: 1, clip: 1 }
  await refused({ ...cells, hyper: { ...cells.hyper, readOut: 'solved' }, federated: noisy }, /which it does not bound/)
  assert.ok((await federated({ ...cells, federated: noisy })).rounds[0]!.epsilon! > 0)
})

test('ways of merging that hold liars back do not go with a read-out that is solved: it adds up what they send', async () => {
  const solved: Case = { ...cells, hyper: { ...cells.hyper, readOut: 'solved' } }
  for (const aggregate of ['clipped-mean', 'trimmed-mean', 'median', 'krum'] as const)
    await refused(
      { ...solved, federated: { clients: 5, rounds: 1, aggregate } },
      new RegExp(`${aggregate} holds back clients that lie, and a solved read-out adds up the sums of all`),
    )
  await federated({ ...solved, data: lines(60), federated: { ...cells.federated, aggregate: 'momentum' } })
})

test('what is to stay private must be there: under another name it would travel', async () => {
  const keeping = (...names: string[]): Case => ({ ...cells, federated: { ...cells.federated, private: names } })
  await refused(keeping('layers.0.decoder', 'layers.1.decodr'), /There is no tensor "layers.1.decodr"/)
  const { events } = await federated(keeping('layers.0.decoder'))
  const [start] = events
  assert.ok(start?.event === 'start')
  assert.deepEqual(start.federation!.stays, ['layers.0.decoder.bias'])
})

test('a way of merging that can never have enough updates is refused', async () => {
  const by = (aggregate: 'krum' | 'median', more = {}): Case => ({
    ...net,
    federated: { ...net.federated, aggregate, ...more },
  })
  await refused(by('krum'), /Krum with 0 hostile clients needs 3 updates, and there are 2/)
  await refused(by('krum', { clients: 5, wanted: 1 }), /needs 3 updates/)
  await federated(by('median'))
})

test('the answers that are wanted are counted against the clients that there are, by whichever way they are named', async () => {
  await refused({ ...net, federated: { ...net.federated, wanted: 3 } }, /3 answers are wanted of 2 clients/)
  const folder = mkdtempSync(join(tmpdir(), 'onward-wanted-'))
  const clientsFrom = join(folder, 'clients')
  for (let k = 0; k < 12; k++) mkdirSync(join(clientsFrom, `client-${k}`), { recursive: true })
  const out = join(folder, 'run')
  const given = { rule: 'backprop', hyper: { units: [8] }, data: lines(), options: { batch: 10, epochs: 1 }, out }
  const started = (wanted: number, whose: Parameters<typeof newFederated>[1], engine: 'memory' | 'nats') =>
    collect(train(given, federation(newFederated(federatedOf({ rounds: 1, wanted }), whose), engine)))
  try {
    // Nothing is started: no server, no client.
    await assert.rejects(started(9, { parties: ['a', 'b', 'c'] }, 'nats'), /9 answers are wanted of 3 clients/)
    await assert.rejects(started(13, { clientsFrom }, 'nats'), /13 answers are wanted of 12 clients/)
    await assert.rejects(started(11, {}, 'memory'), /11 answers are wanted of 10 clients/)
    assert.deepEqual(readdirSync(folder), ['clients'])
    // Eleven of twelve can be wanted: the folders are read, and hold nothing.
    await assert.rejects(started(11, { clientsFrom }, 'memory'), /client-0/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a limit of steps counts those on samples: what comes between epochs is made besides', async () => {
  const { rounds } = await federated({
    ...{ rule: spikeAlignment as AnyRule, hyper: { units: [8], alignTimes: 4, alignSteps: 6, alignBatch: 2 } },
    federated: { clients: 2, rounds: 2, localSteps: 1 },
  })
  for (const { loss, step, turn } of rounds) assert.ok(loss! > 0, `${step} ${turn}: nothing was learned from samples`)
})

test('the data of parties are not replaced by those of the coordinator, a run knows its engine, and what ends before its first checkpoint leaves no folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-refusals-'))
  const own = newFederated(federatedOf({ clients: 2, rounds: 1 }))
  const given = { rule: 'backprop', hyper: { units: [8] }, data: lines(), options: { batch: 10, epochs: 1 } }
  try {
    const parties = federation({ ...own, parties: ['clinic-a', 'clinic-b'] }, 'memory')
    await assert.rejects(collect(train({ ...given, out: join(folder, 'a') }, parties)), /leave --engine memory out/)
    const krum = federation(newFederated(federatedOf({ clients: 2, rounds: 1, aggregate: 'krum' })), 'memory')
    await assert.rejects(collect(train({ ...given, out: join(folder, 'c') }, krum)), /needs 3 updates/)
    const left = train({ ...given, out: join(folder, 'd') }, federation(own, 'memory'))
    for await (const { event } of left) if (event === 'start') break
    assert.deepEqual(readdirSync(folder), [])
    const out = join(folder, 'b')
    await collect(train({ ...given, out }, federation(own, 'memory')))
    assert.equal(keptFederated(out).engine, 'memory')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
