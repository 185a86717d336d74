import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test as tested } from 'node:test'
import { open, openRun } from '../../src/browser/open.js'
import { pageRun } from '../../src/browser/page-run.js'
import type { OpenRequest, RunFiles, Session } from '../../src/browser/session.js'
import { evaluate, resume, type TrainEvent, train } from '../../src/node.js'
import { backprop } from '../../src/rules/backprop.js'
import { decodeCheckpoint } from '../../src/train/checkpoint.js'
import { collect, lines, ofKind } from '../train/fixtures.js'
import { endWorkers, fakeWorker } from './fake-worker.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-page-'))
after(() => {
  endWorkers()
  rmSync(folder, { recursive: true, force: true })
})

/** A training that never ends is a failure of its own. */
const test = (name: string, run: () => Promise<void>) => tested(name, { timeout: 20_000 }, run)

const data = lines(120, 60)
const hyper = { units: [7] }
const options = { epochs: 3, batch: 10, validation: 20, threads: 1 }

const opened = (more: Partial<OpenRequest> = {}): Promise<Session> =>
  open({ rule: 'backprop', data, hyper, options: { ...options, device: 'wasm' }, ...fakeWorker(), ...more })

async function inNode(out: string): Promise<TrainEvent[]> {
  return await collect(train({ rule: 'backprop', data, hyper, options, out: join(folder, out) }))
}

const withoutTime = (bytes: Uint8Array): object[] =>
  new TextDecoder()
    .decode(bytes)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ time, seconds, secondsLeft, rowsPerSecond, path, run, device, ...event }) => event)

/** What two trainings tell alike, however their steps were cut into calls. */
const told = (events: readonly object[]): object[] =>
  events.filter((event) => !['progress', 'measuring'].includes((event as TrainEvent).event))

test('a session trains to the bits of Node on the same engine, and its files are those of a run', async () => {
  const session = await opened()
  const events = await collect(session.train())
  const files = await session.files()
  await inNode('straight')
  const node = (name: string): Uint8Array => readFileSync(join(folder, 'straight', name))
  assert.deepEqual(Object.keys(files), ['config.json', 'metrics.jsonl', 'checkpoint.safetensors'])
  const weights = (bytes: Uint8Array): Buffer => Buffer.from(bytes.subarray(bytes.length - 500))
  assert.deepEqual(weights(files['checkpoint.safetensors']!), weights(node('checkpoint.safetensors')))
  assert.deepEqual(told(withoutTime(files['metrics.jsonl']!)), told(withoutTime(node('metrics.jsonl'))))
  assert.equal(ofKind(events, 'epoch').length, 3)
  const { device, ...kept } = JSON.parse(new TextDecoder().decode(files['config.json'])).options
  const { device: there, ...asked } = JSON.parse(node('config.json').toString()).options
  assert.deepEqual([device, there, kept], ['wasm', 'cpu', asked])
  mkdirSync(join(folder, 'page'))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, 'page', name), bytes)
  const [done] = ofKind(events, 'done')
  assert.deepEqual((await evaluate(join(folder, 'page'), { data })).test, done!.test)
  const longer = await collect(resume(join(folder, 'page'), { data, epochs: 4 }))
  assert.deepEqual(
    ofKind(longer, 'start').map(({ device, resumedAt }) => [device, resumedAt]),
    [['cpu', 30]],
  )
  assert.equal(ofKind(longer, 'done').length, 1)
  await session.close()
})

test('single steps and calls come to the same bits; what is asked is answered between them', async () => {
  const session = await opened()
  await collect(session.train())
  const whole = await session.toBytes()
  await session.reset()
  const events = session.train({ paused: true })
  assert.equal((await events.next()).value!.event, 'start')
  const seen: TrainEvent[] = []
  const reading = (async () => {
    for await (const event of events) seen.push(event)
  })()
  const steps = (): number[] => ofKind(seen, 'progress').map(({ step }) => step)
  for (let i = 0; i < 3; i++) await session.step()
  assert.deepEqual(steps(), [1, 2, 3])
  assert.equal(session.state, 'paused')
  const three = await session.toBytes()
  const asked = await session.predict([new Uint8Array(25)])
  assert.deepEqual(await session.toBytes(), three)
  for (let i = 0; i < 7; i++) await session.step()
  assert.notDeepEqual(await session.predict([new Uint8Array(25)]), asked, 'the network has moved')
  assert.equal(ofKind(seen, 'epoch').length, 1, 'ten steps are an epoch: the tenth step measures it')
  await assert.rejects(session.fromBytes(three), /^UserError: the network is being trained: stop the training first$/)
  await assert.rejects(collect(session.train()), /is being trained already/)
  session.resume()
  await reading
  assert.deepEqual(await session.toBytes(), whole)
  await session.fromBytes(three)
  assert.deepEqual(await session.predict([new Uint8Array(25)]), asked)
  const again = await collect(session.train())
  assert.equal(ofKind(again, 'start')[0]!.resumedAt, 3)
  assert.deepEqual(await session.toBytes(), whole)
  await assert.rejects(session.step(), /nothing is being trained: begin with train\(\{ paused: true \}\)/)
  await session.close()
})

test('a training that is stopped goes on where it was; one whose loop is left as well', async () => {
  const session = await opened()
  await collect(session.train())
  const whole = await session.toBytes()
  await session.reset()
  const first = await session.toBytes()
  for await (const event of session.train()) if (event.event === 'progress') break
  assert.equal(session.state, 'ready')
  const begun = await session.toBytes()
  assert.notDeepEqual(begun, first)
  const events = await collect(session.train())
  assert.ok(ofKind(events, 'start')[0]!.resumedAt! > 0)
  assert.deepEqual(await session.toBytes(), whole)
  await session.fromBytes(begun)
  assert.deepEqual(await session.toBytes(), begun)
  await assert.rejects(session.fromBytes(first.slice(0, 99)), /what was given is no checkpoint of onward/)
  const other = await opened({ hyper: { units: [8] } })
  await assert.rejects(session.fromBytes(await other.toBytes()), /is the checkpoint of another network/)
  assert.deepEqual(await session.toBytes(), begun, 'nothing has changed')
  await other.close()
  await session.close()
})

test('a run of Node goes on in a page, longer if that is asked for', async () => {
  await inNode('begun')
  const files: RunFiles = Object.fromEntries(
    ['config.json', 'metrics.jsonl', 'checkpoint.safetensors'].map((name) => [
      name,
      Uint8Array.from(readFileSync(join(folder, 'begun', name))),
    ]),
  )
  const session = await openRun(files, { ...fakeWorker(), data, epochs: 5 })
  const events = await collect(session.train())
  assert.equal(ofKind(events, 'start')[0]!.resumedAt, 30)
  assert.deepEqual(
    ofKind(events, 'epoch').map(({ epoch }) => epoch),
    [4, 5],
  )
  const journal = withoutTime((await session.files())['metrics.jsonl']!) as TrainEvent[]
  assert.equal(ofKind(journal, 'start').length, 2)
  await session.close()
  const wrong = (changed: RunFiles, more = {}): Promise<Session> => openRun(changed, { ...fakeWorker(), data, ...more })
  await assert.rejects(wrong({}), /these files are no run: there is no config\.json among them/)
  await assert.rejects(wrong({ 'config.json': files['config.json']! }), /has no checkpoint\.safetensors/)
  const text = new TextEncoder().encode('{ "rule": 1 }')
  await assert.rejects(wrong({ ...files, 'config.json': text }), /config\.json of this run is damaged/)
  await assert.rejects(wrong(files, { rule: 'uff' }), /was trained by backprop, not by uff/)
  await assert.rejects(wrong(files, { data: { ...data, name: 'others' } }), /was trained on lines, not on others/)
})

test('the confusion matrix counts every sample once, and the right ones on its diagonal', async () => {
  const session = await opened()
  await collect(session.train())
  const { scores, confusion, criterion, samples } = await session.evaluate()
  const { classes, counts } = confusion!.network!
  const said = await session.predict(
    Array.from({ length: 60 }, (_, i) => data.test.inputs.subarray(25 * i, 25 * (i + 1))),
  )
  const wanted = new Uint32Array(9)
  for (const [i, one] of said.entries()) wanted[3 * data.test.targets![i]! + (one as { label: number }).label]!++
  assert.deepEqual([classes, samples, counts], [3, 60, wanted])
  assert.ok(Math.abs((counts[0]! + counts[4]! + counts[8]!) / 60 - scores.network!.accuracy!) < 1e-9)
  assert.equal(criterion.figure, 'accuracy')
  const held = await session.evaluate('validation')
  assert.equal(held.samples, 20)
  const own = await session.evaluate({
    inputs: data.test.inputs.slice(0, 250),
    targets: data.test.targets!.slice(0, 10),
    count: 10,
  })
  assert.equal(own.samples, 10)
  await session.close()
})

test('a lost worker is told to whatever waits; the run goes on from the last checkpoint', async () => {
  const fake = fakeWorker()
  const session = await open({ rule: 'backprop', data, hyper, options: { ...options, device: 'wasm' }, ...fake })
  await assert.rejects(session.recover(), /there is nothing to recover/)
  const sentence = 'the worker of the page is gone (out of memory); go on from the last checkpoint'
  const seen: TrainEvent[] = []
  await assert.rejects(
    async () => {
      for await (const event of session.train()) {
        seen.push(event)
        if (event.event === 'checkpoint' && event.epoch === 1) fake.lose()
      }
    },
    { message: sentence },
  )
  assert.equal(await session.lost, sentence)
  assert.equal(session.state, 'lost')
  await assert.rejects(session.evaluate(), { message: sentence })
  const again = await session.recover()
  const events = await collect(again.train())
  assert.ok([10, 20].includes(ofKind(events, 'start')[0]!.resumedAt!))
  assert.equal(events.at(-1)!.event, 'done')
  await again.close()
})

test('a page’s own rules and data are served by name; what is unknown is told', async () => {
  const rule = { ...backprop, id: 'mine' }
  const own = fakeWorker({ rules: [rule], data: { drawn: async () => data } })
  const session = await open({ rule: 'mine', data: 'drawn', hyper, options: { ...options, device: 'wasm' }, ...own })
  assert.deepEqual([session.about.rule, session.about.data], ['mine', 'lines'])
  await session.close()
  await assert.rejects(opened({ rule: 'back-prop' }), /There is no rule "back-prop"\. Did you mean "backprop"/)
  await assert.rejects(opened({ data: 'mnist' }), /is read from files, which only Node can do/)
  await assert.rejects(
    opened({ rule: backprop as never }),
    /^UserError: a rule holds functions, which cannot be sent to a worker/,
  )
  await assert.rejects(
    opened({ options: { device: 'cpu' as never } }),
    /a page has no device cpu: choose auto, wasm or webgpu/,
  )
  await assert.rejects(opened({ hyper: { unit: [3] } }), /There is no option of backprop "unit"\. Did you mean "units"/)
})

test('a training does not run ahead of a reader who does not read', async () => {
  const session = await opened({ options: { ...options, epochs: 40, device: 'wasm', checkpointEvery: 1 } })
  const events = session.train({ test: false })
  await events.next()
  let journal: object[] = []
  // Until nothing comes any more.
  for (let before = -1; journal.length > before; await new Promise((resolve) => setTimeout(resolve, 200))) {
    before = journal.length
    journal = withoutTime((await session.files())['metrics.jsonl']!)
  }
  assert.ok(journal.length > 30 && journal.length < 80, `${journal.length} events of ${40 * 10}`)
  await events.return(undefined)
  assert.equal(session.state, 'ready')
  const [last] = ofKind(withoutTime((await session.files())['metrics.jsonl']!) as TrainEvent[], 'stopped')
  assert.equal(last!.reason, 'aborted')
  await session.close()
})

test('what can be seen of the next batch is of its first samples, and moves nothing', async () => {
  const session = await opened()
  const before = await session.toBytes()
  const { step, count, x, target, sights } = await session.watch(4)
  assert.deepEqual([step, count, x.length, target?.length], [0, 4, 4 * 25, 4])
  const [first] = sights
  assert.equal(first!.shape[0], 4)
  assert.equal(
    first!.values.length,
    first!.shape.reduce((a, b) => a * b, 1),
  )
  assert.ok(session.about.phases.some(({ name }) => name === first!.phase))
  assert.deepEqual(await session.toBytes(), before)
  await session.close()
})

test('a worker of the page’s own adds methods to its sessions, which are called between two calls', async () => {
  const own = fakeWorker({
    methods: ({ trainer, at }) => ({ place: async (name: string) => [name, trainer.plan.batches, at()] }),
  })
  const session = await opened(own)
  assert.deepEqual(await session.ask('place', 'here'), ['here', 10, { phase: 0, epoch: 0, between: 0, batch: 0 }])
  await assert.rejects(session.ask('constructor'), /the worker of this page adds no method constructor/)
  await session.close()
})

test('a training that waits for what was asked before can be paused', async () => {
  const own = fakeWorker({ methods: () => ({ wait: () => new Promise((resolve) => setTimeout(resolve, 50)) }) })
  const session = await opened(own)
  const waiting = session.ask('wait')
  const seen: TrainEvent[] = []
  const reading = (async () => {
    for await (const event of session.train()) seen.push(event)
  })()
  await session.pause()
  await waiting
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(session.state, 'paused')
  assert.deepEqual(ofKind(seen, 'epoch'), [])
  session.resume()
  await reading
  assert.equal(seen.at(-1)!.event, 'done')
  await session.close()
})

test('weights of another network are the first ones, again after a reset; one that shares none may be no error', async () => {
  const other = await opened({ options: { ...options, seed: 9, device: 'wasm' } })
  const { state } = decodeCheckpoint(await other.toBytes(), 'the other')
  const weights = (bytes: Uint8Array) =>
    decodeCheckpoint(bytes, 'x').state.find(({ name }) => name.endsWith('weight'))!.data
  const [wanted, from] = [weights(await other.toBytes()), { run: 'the other', state }]
  const session = await opened({ from })
  assert.deepEqual(weights(await session.toBytes()), wanted)
  await collect(session.train())
  await session.reset()
  assert.deepEqual(weights(await session.toBytes()), wanted)
  const strange = { run: 'the other', state: [] }
  await assert.rejects(opened({ from: strange }), /the other has no weights of the names and shapes/)
  const alone = await opened({ from: { ...strange, optional: true } })
  assert.notDeepEqual(weights(await alone.toBytes()), wanted)
  for (const each of [other, session, alone]) await each.close()
})

test('a training whose device is lost goes on in another worker, from its last checkpoint', async () => {
  const fake = fakeWorker()
  const whole = await opened()
  await collect(whole.train())
  const session = await opened(fake)
  await assert.rejects(async () => {
    for await (const event of session.train()) if (event.event === 'checkpoint' && event.epoch === 1) fake.breaks()
  }, /the device was lost/)
  const again = await session.recover('wasm')
  assert.equal(session.state, 'lost')
  assert.equal(ofKind(await collect(again.train()), 'start')[0]!.resumedAt, 10)
  assert.deepEqual(await again.toBytes(), await whole.toBytes())
  for (const each of [whole, again]) await each.close()
})

test('after a reset a run begins anew: its journal, and the checkpoint that a lost worker goes on from', async () => {
  const fake = fakeWorker()
  const session = await opened(fake)
  await collect(session.train())
  const trained = await session.toBytes()
  await session.reset()
  const first = await session.toBytes()
  const events = session.train({ paused: true })
  await events.next()
  assert.deepEqual(ofKind(withoutTime((await session.files())['metrics.jsonl']!) as TrainEvent[], 'epoch'), [])
  await events.return(undefined)
  await session.fromBytes(trained)
  await session.reset()
  fake.lose()
  await session.lost
  const again = await session.recover()
  assert.deepEqual(await again.toBytes(), first)
  await again.fromBytes(trained)
  fake.lose()
  await again.lost
  const last = await again.recover()
  assert.deepEqual(await last.toBytes(), trained)
  await last.close()
})

test('a run that is kept stays as it is after a reset, until the next epoch has ended', async () => {
  const [old, zero, next] = [1, 2, 3].map((value) => Uint8Array.of(value))
  const kept: number[] = []
  const store = async (files: RunFiles): Promise<boolean> => kept.push(files['checkpoint.safetensors']![0]!) > 0
  const run = pageRun({ config: () => ({}) as never, isStored: false, replaces: false, store })
  const saves = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    run.standsAt(bytes)
    await run.keep()
  }
  await saves(old!)
  assert.ok(run.isStored)
  run.beginsAnew(zero!)
  await saves(zero!)
  assert.deepEqual([kept, run.isStored], [[1], false])
  run.hears({ event: 'epoch' } as TrainEvent)
  await saves(next!)
  assert.deepEqual([kept, run.isStored], [[1, 3], true])
})
