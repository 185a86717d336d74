import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { drawRun, evaluate, exportRun, predict, resume, type TrainEvent, train } from '../../../src/node.js'
import { CHROMIUM, inPage, NO_CHROMIUM } from './chromium.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-sessions-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const skip = CHROMIUM ? false : NO_CHROMIUM

const FILES = ['config.json', 'metrics.jsonl', 'checkpoint.safetensors']

/** A run's folder made of what a page sent. */
function folderOf(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  const path = join(folder, name)
  mkdirSync(path)
  for (const file of FILES) writeFileSync(join(path, file), files[file]!)
  return path
}

const filesOf = (path: string): Record<string, Uint8Array> =>
  Object.fromEntries(FILES.map((file) => [file, readFileSync(join(path, file))]))

async function last(events: AsyncIterable<TrainEvent>): Promise<TrainEvent> {
  let end: TrainEvent | undefined
  for await (const event of events) end = event
  return end!
}

const images = (accuracy: number | undefined, count: number): number => Math.round(accuracy! * count)

/** How many images two accuracies are apart. */
const apart = (a: number | undefined, b: number | undefined, count: number): number =>
  Math.abs(images(a, count) - images(b, count))

test('one epoch in a page has the accuracy of Node to one image, and the run is Node’s to use', { skip }, async () => {
  const { value, files } = await inPage<{ accuracy: number; confusion: number[]; names: string[] }>(`
    const { open } = await import('/dist/browser/page.js')
    const session = await open({ rule: 'ff', data: 'glyphs', options: { epochs: 1, device: 'wasm' } })
    let done
    for await (const event of session.train()) done = event
    const { scores, confusion, samples } = await session.evaluate()
    if (scores.network.accuracy !== done.test.network.accuracy) throw new Error('evaluate and done differ')
    for (const [name, bytes] of Object.entries(await session.files())) await send(name, bytes)
    await session.close()
    return { accuracy: done.test.network.accuracy, confusion: [...confusion.network.counts] }`)
  const run = join(folder, 'node')
  const options = { epochs: 1 }
  const done = await last(train({ rule: 'forward-forward', data: 'glyphs', options, out: run }))
  assert.ok(done.event === 'done')
  const own = done.test.network!.accuracy!
  assert.ok(own > 0.9)
  assert.ok(apart(value.accuracy, own, 2000) <= 1, `${value.accuracy} in the page, ${own} in Node`)

  const diagonal = Array.from({ length: 10 }, (_, k) => value.confusion[11 * k]!)
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  assert.deepEqual([sum(value.confusion), sum(diagonal)], [2000, images(value.accuracy, 2000)])

  const path = folderOf('from-page', files)
  const { test: scores } = await evaluate(path)
  assert.ok(apart(scores.network!.accuracy, value.accuracy, 2000) <= 1)
  const longer = await last(resume(path, { epochs: 2 }))
  assert.ok(longer.event === 'done' && longer.test.network!.accuracy! > 0.9)
})

const SMALL = { limit: 1200, validation: 200, epochs: 2, batch: 50, device: 'wasm', seed: 3, threads: 1 }
const HYPER = { units: [60, 40] }
const opened = `await open({ rule: 'ff', data: 'glyphs', hyper: ${JSON.stringify(HYPER)}, options: ${JSON.stringify(SMALL)} })`

test('a run of Node goes on in a page to the bits of a page, and comes back', { skip }, async () => {
  const run = join(folder, 'begun')
  const { device, ...options } = SMALL
  const abort = new AbortController()
  for await (const event of train({
    ...{ rule: 'ff', data: 'glyphs', hyper: HYPER, out: run },
    ...{ options: { ...options, checkpointEvery: 5 }, signal: abort.signal },
  }))
    if (event.event === 'epoch') abort.abort()
  const { value, files } = await inPage<{ first: TrainEvent; done: TrainEvent; bits: boolean; accuracy: number }>(
    `
    const { openRun } = await import('/dist/browser/page.js')
    const files = {}
    for (const name of ${JSON.stringify(FILES)}) files[name] = await given(name)
    const finish = async () => {
      const session = await openRun(files)
      const events = []
      for await (const event of session.train()) events.push(event)
      const { scores } = await session.evaluate()
      return { session, first: events[0], done: events.at(-1), bytes: await session.toBytes(), accuracy: scores.network.accuracy }
    }
    const one = await finish()
    const other = await finish()
    for (const [name, bytes] of Object.entries(await one.session.files())) await send(name, bytes)
    const bits = one.bytes.length === other.bytes.length && one.bytes.every((byte, i) => byte === other.bytes[i])
    return { first: one.first, done: one.done, bits, accuracy: one.accuracy }`,
    { given: filesOf(run) },
  )
  const { first, done } = value
  assert.ok(first.event === 'start' && first.resumedAt === 20, 'an epoch of 20 steps is done')
  assert.ok(done.event === 'done')
  assert.ok(value.bits, 'the same steps in two workers give the same bits')
  const whole = join(folder, 'whole')
  const straight = await last(train({ rule: 'ff', data: 'glyphs', hyper: HYPER, options, out: whole }))
  assert.ok(straight.event === 'done')
  assert.ok(apart(straight.test.network!.accuracy, value.accuracy, 2000) <= 1)

  const back = folderOf('and-back', files)
  assert.ok(apart((await evaluate(back)).test.network!.accuracy, value.accuracy, 2000) <= 1)
  const lines = readFileSync(join(back, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  const events = lines.map((line) => JSON.parse(line))
  assert.deepEqual(
    events.filter(({ event }) => event === 'start').map(({ resumedAt }) => resumedAt),
    [undefined, 20],
  )
  assert.ok(events.every(({ time }) => !Number.isNaN(Date.parse(time))))
})

test('what a page is told of a network is what Node says of its files', { skip }, async () => {
  const { value, files } = await inPage<{
    predicted: { label: number; scores: number[] }[]
    pictures: { name: string; images: number[] }[]
    rgba: number[]
    activities: { block: string; views: number; shape: number[]; values: number[] }[]
    local: boolean
    onnx: number
  }>(`
    const { open, rgbaOf } = await import('/dist/browser/page.js')
    const session = ${opened}
    for await (const event of session.train()) if (event.event === 'epoch') break
    if (session.state !== 'ready') throw new Error('a loop that is left stops the training')
    const inputs = [new Uint8Array(784), Uint8Array.from({ length: 784 }, (_, i) => (i * 7) % 256)]
    const predicted = await session.predict(inputs)
    const pictures = await session.samples({ count: 4 })
    const activities = await session.activities(inputs)
    const { bytes } = await session.exportOnnx()
    await send('model.onnx', bytes)
    for (const [name, bytes] of Object.entries(await session.files())) await send(name, bytes)
    return {
      predicted,
      pictures: pictures.map(({ name, images }) => ({ name, images: [...images] })),
      rgba: pictures.map((drawing) => { const { width, height, data } = rgbaOf(drawing); return data.length / width / height }),
      activities: activities.map((own) => ({ ...own, values: [...own.values] })),
      local: session.certificate().local,
    }`)
  const run = folderOf('told', files)
  const inputs = [new Uint8Array(784), Uint8Array.from({ length: 784 }, (_, i) => (i * 7) % 256)]
  const said = await predict(run, inputs)
  const near = (a: readonly number[], b: readonly number[], what: string): void => {
    assert.equal(a.length, b.length, what)
    for (const [i, x] of a.entries())
      assert.ok(Math.abs(x - b[i]!) < 1e-3 * (1 + Math.abs(b[i]!)), `${what}: ${x}, ${b[i]}`)
  }
  for (const [i, { scores }] of said.entries()) near(value.predicted[i]!.scores, scores, `scores of input ${i}`)
  const drawn = await drawRun(run, { count: 4, seed: 0 })
  assert.deepEqual(
    value.pictures.map(({ name }) => name),
    drawn.map(({ name }) => name),
  )
  for (const [i, { images, name }] of drawn.entries()) near(value.pictures[i]!.images, [...images], `picture ${name}`)
  assert.ok(value.rgba.every((channels) => channels === 4))
  assert.equal(value.local, true)

  assert.deepEqual(
    value.activities.map(({ block, views, shape, values }) => [block, views, shape, values.length]),
    [
      ['layer 0', 10, [60], 2 * 10 * 60],
      ['layer 1', 10, [40], 2 * 10 * 40],
    ],
  )
  const exported = await exportRun(run)
  assert.deepEqual(Buffer.from(files['model.onnx']!), readFileSync(exported.file))
})

test('a training is held, goes step by step, is stopped, reset, and set to a checkpoint', { skip }, async () => {
  const { value } = await inPage<Record<string, unknown>>(`
    const { open } = await import('/dist/browser/page.js')
    const session = ${opened}
    const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i])
    const first = await session.toBytes()
    const steps = []
    const states = []
    const reading = (async () => {
      let end
      for await (const event of session.train({ paused: true })) {
        if (event.event === 'progress') steps.push(event.batch)
        end = event
      }
      return end
    })()
    await session.pause()
    states.push(session.state)
    const before = await session.toBytes()
    await session.step()
    await session.step()
    const asked = await session.predict([new Uint8Array(784)])
    const two = [...steps]
    const after = await session.toBytes()
    let refused
    try { await session.fromBytes(after) } catch (error) { refused = error.message }
    let twice
    try { await session.train().next() } catch (error) { twice = error.message }
    session.resume()
    states.push(session.state)
    await session.stop()
    const end = await reading
    states.push(session.state)
    await session.fromBytes(after)
    const set = await session.toBytes()
    const on = []
    for await (const event of session.train()) { on.push(event.event === 'start' ? event.resumedAt : event.batch); if (on.length > 1) break }
    await session.reset()
    const reset = await session.toBytes()
    let wrong
    try { await session.fromBytes(first.slice(0, 100)) } catch (error) { wrong = error.name + ': ' + error.message }
    const kept = await session.toBytes()
    await session.close()
    states.push(session.state)
    return { states, two, began: same(first, before), moved: !same(before, after), asked: asked.length, refused, twice,
      stopped: [end.event, end.reason], set: same(set, after), resumedAt: on[0], reset: same(reset, first), wrong, kept: same(kept, first) }`)
  assert.deepEqual(value, {
    states: ['paused', 'training', 'ready', 'closed'],
    ...{ two: [1, 2], began: true, moved: true, asked: 1 },
    refused: 'the network is being trained: stop the training first',
    twice: 'the network is being trained already',
    stopped: ['stopped', 'aborted'],
    ...{ set: true, resumedAt: 2, reset: true },
    wrong:
      'UserError: what was given is no checkpoint of onward: its header should have 3352 bytes, but it ends after 100: it was cut or is another format',
    kept: true,
  })
})
