// Every rule can be federated: two clients, two rounds of three steps each, on a few drawn digits, come to the bits of
// federated averaging by hand.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeGlyphs } from '../../../src/data/glyphs/glyphs.js'
import { type DataSet, dataSet, labelledImages } from '../../../src/data/index.js'
import { federatedOf } from '../../../src/distributed/federated/options.js'
import { sharesOf } from '../../../src/distributed/federated/partition/shares.js'
import { federation, newFederated } from '../../../src/distributed/federated/up.node.js'
import { evaluate, openTrainer, readCheckpoint, type Trainer, train } from '../../../src/node.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { RULES } from '../../../src/rules/registry.js'
import type { TensorRecord } from '../../../src/runtime/index.js'
import { beginOf, betweenOf } from '../../../src/train/plan.js'
import { collect, ofKind } from '../../train/fixtures.js'

const [CLIENTS, ROUNDS, BATCH] = [2, 2, 16]
const names = Array.from({ length: 10 }, (_, digit) => `${digit}`)
const data: DataSet = dataSet({
  name: 'digits',
  ...labelledImages([1, 28, 28], names),
  ...makeGlyphs({ train: CLIENTS * 3 * BATCH, test: 40 }),
})
const options = { epochs: ROUNDS, batch: BATCH, validation: 0, seed: 3, threads: 1 }
const federated = federatedOf({ clients: CLIENTS, rounds: ROUNDS })

/** What stays with the clients: what a cell needs to learn alone. Of rules that are not here, nothing does. */
const STAYS: Readonly<Record<string, RegExp>> = {
  'vae-layer': /^layers\.\d\.[ab]\.(decoder\.|encoder\.logVariance\.)/,
  uff: /^layers\.\d\.decoder\.bias$/,
  'hopfield-vae': /^(encoder\.visible|decoder\.latent)\.bias$/,
  'sparse-cells': /^cell\.(decoder|logScale)$/,
}

/** Why a rule is refused by its preset `quick`, and what else to set. */
const REFUSED: Readonly<Record<string, { readonly why: RegExp; readonly instead: object }>> = {
  'sparse-cells': { why: /with one lambda, and there are 3 .*--set lambda=1000/, instead: { lambda: [1000] } },
}

const folder = mkdtempSync(join(tmpdir(), 'onward-rules-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The preset `quick` with few units, as the contract's tests make it small. */
function smallOf(rule: AnyRule): Readonly<Record<string, unknown>> {
  const quick = rule.presets.quick!.hyper
  const full = rule.hyper.parse(quick) as { units?: number[] }
  const units = full.units && { units: full.units.map((_, i) => 12 - 2 * i) }
  return rule.hyper.parse({ ...quick, ...units, ...rule.small?.hyper }) as Readonly<Record<string, unknown>>
}

const overClients = (rule: AnyRule, hyper: object, out: string, held = 0) =>
  collect(
    train(
      { rule, data, settings: { hyper: { ...hyper }, options: { ...options, validation: held } }, out },
      federation(newFederated(federated), 'memory'),
    ),
  )

/** Federated averaging by hand, from the public trainer alone: the numbers of the state after all rounds. */
async function byHand(rule: AnyRule, hyper: object, stays: readonly string[]) {
  const open = (own: DataSet): Promise<Trainer> =>
    openTrainer({ rule, data: own, settings: { hyper: { ...hyper }, options } })
  const whole = await open(data)
  const clients: Trainer[] = []
  for (const part of sharesOf(data, { settings: whole.settings, federated })) clients.push(await open(part))
  const model = await whole.initialState()
  const travels = whole.tensors
    .filter(({ name, role }) => role !== 'optimizer' && !stays.includes(name))
    .map(({ name }) => name)
  const states: TensorRecord[] = []
  for (const client of clients) states.push(await client.initialState())
  for (let epoch = 0; epoch < ROUNDS; epoch++) {
    for (const [k, client] of clients.entries()) {
      await client.load({ ...states[k], ...Object.fromEntries(travels.map((name) => [name, model[name]!])) })
      const steps = betweenOf(client.plan, { epoch }) + client.plan.batches
      await client.run({ ...beginOf(0), epoch }, steps)
      states[k] = await client.read()
    }
    for (const name of travels) {
      const before = model[name] as Float32Array
      // Both have as many samples: each change counts for a half.
      const change = (i: number): number =>
        states.reduce((sum, state) => sum + Math.fround((state[name]![i] as number) - before[i]!) / CLIENTS, 0)
      model[name] = before.map((value, i) => value + Math.fround(change(i)))
    }
  }
  await whole.load(model)
  if (whole.readOut) {
    const gathering = whole.readOut.gather(whole.readOut.training, undefined, 'float64')
    let next = await gathering.next()
    while (!next.done) next = await gathering.next()
    await whole.readOut.solve(next.value!)
  }
  const state = await whole.read()
  for (const trainer of [whole, ...clients]) await trainer.close()
  return { state, solved: whole.readOut ? [whole.readOut.weight, whole.readOut.bias] : [] }
}

for (const rule of RULES)
  test(`${rule.id} is trained over clients, to the bits of federated averaging by hand`, async () => {
    const out = join(folder, rule.id)
    const refused = REFUSED[rule.id]
    if (refused) await assert.rejects(overClients(rule, smallOf(rule), `${out}-refused`, 16), refused.why)
    const hyper = { ...smallOf(rule), ...refused?.instead }
    const events = await overClients(rule, hyper, out)
    const done = events.at(-1)!
    assert.ok(done.event === 'done')
    const { stays } = ofKind(events, 'start')[0]!.federation!
    const own = STAYS[rule.id]
    assert.equal(stays.length > 0, own !== undefined, `${stays}`)
    for (const name of stays) assert.match(name, own!)
    for (const { answered } of ofKind(events, 'round')) assert.equal(answered.length, CLIENTS)

    const { test: said, criterion } = await evaluate(out, { data })
    assert.deepEqual(said, done.test)
    const { figure } = criterion
    assert.ok(Number.isFinite(said.network?.[figure]), `${figure}: ${JSON.stringify(said)}`)

    const wanted = await byHand(rule, hyper, stays)
    const { state } = readCheckpoint(out).checkpoint
    const moved = state.filter(({ name, data: numbers }) => {
      const by = wanted.state[name]!
      assert.ok(
        Array.from<number | bigint>(numbers).every((value) => Number.isFinite(Number(value))),
        name,
      )
      // The sums of a read-out are added up in another order.
      if (!wanted.solved.includes(name)) assert.deepEqual(numbers, by, name)
      else for (const [i, value] of numbers.entries()) assert.ok(Math.abs(value - (by[i] as number)) < 1e-5, name)
      return numbers.some((value) => value !== 0)
    })
    assert.ok(moved.length > 0)
  })
