// At most 30 s: ten thousand steps, told step by step.
import assert from 'node:assert/strict'
import test from 'node:test'
import { CHROMIUM, inPage, NO_CHROMIUM } from './chromium.js'

const skip = CHROMIUM ? false : NO_CHROMIUM

const TINY = `rule: 'backprop', data: 'glyphs', hyper: { units: [8] }, options: { epochs: 3, limit: 600, validation: 100, batch: 10, device: 'wasm', threads: 1 }`

test('a worker that is lost is told, and the run goes on from its last checkpoint', { skip }, async () => {
  const { value } = await inPage<Record<string, unknown>>(`
    const { open } = await import('/dist/browser/page.js')
    let worker
    const Real = Worker
    globalThis.Worker = class extends Real { constructor(...given) { super(...given); worker = this } }
    const session = await open({ ${TINY}, keep: 'lost' })
    let told
    try {
      for await (const event of session.train()) if (event.event === 'checkpoint' && event.epoch === 1) worker.terminate()
    } catch (error) { told = error.name + ': ' + error.message }
    const sentence = await session.lost
    const state = session.state
    let refused
    try { await session.predict([new Uint8Array(784)]) } catch (error) { refused = error.message }
    const again = await session.recover()
    const events = []
    for await (const event of again.train()) events.push(event)
    await again.close()
    return { told, sentence, state, refused, resumedAt: events[0].resumedAt, end: events.at(-1).event }`)
  const sentence = 'the worker of the page is gone; go on from the last checkpoint'
  const { resumedAt, ...others } = value
  assert.deepEqual(others, { told: `UserError: ${sentence}`, sentence, state: 'lost', refused: sentence, end: 'done' })
  assert.ok(resumedAt === 50 || resumedAt === 100, `${resumedAt}: after the first epoch or the second`)
})

test('a kept run is there after the page is gone; two pages do not share one', { skip }, async () => {
  const { value } = await inPage<Record<string, unknown>>(`
    const { open, openRun, runs } = await import('/dist/browser/page.js')
    // Another page of this origin, as a tab is one.
    const frame = document.createElement('iframe')
    frame.srcdoc = '<!doctype html>'
    document.body.append(frame)
    await new Promise((resolve) => { frame.onload = resolve })
    const there = (code) => frame.contentWindow.eval('(async () => {' + code + '})()')
    const trained = await there(\`
      const { open } = await import('/dist/browser/page.js')
      globalThis.session = await open({ ${TINY}, keep: 'mine' })
      for await (const event of globalThis.session.train()) if (event.event === 'epoch') break
      return globalThis.session.state\`)
    const message = (promise) => promise.then(() => 'no error', ({ message }) => message)
    const open2 = await message(open({ ${TINY}, keep: 'mine' }))
    const run2 = await message(openRun('mine'))
    const removed = await message(runs.remove('mine'))
    frame.remove()
    let session
    for (let i = 0; !session; i++) {
      try { session = await openRun('mine') } catch (error) { if (i > 50) throw error; await new Promise((resolve) => setTimeout(resolve, 100)) }
    }
    const taken = await (async () => { await session.close(); return message(open({ ${TINY}, keep: 'mine' })) })()
    session = await openRun('mine')
    let first
    for await (const event of session.train()) first ??= event
    const files = Object.keys(await session.files())
    await session.close()
    const listed = (await runs.list()).map(({ name, rule, data }) => [name, rule, data])
    await runs.remove('mine')
    return { trained, open2, run2, removed, taken, resumedAt: first.resumedAt, files, listed, left: (await runs.list()).length,
      none: await message(openRun('mine')), name: await runs.freeName('backprop', 'glyphs') }`)
  const busy = 'the run mine is open in another page or tab: close it there first'
  assert.deepEqual(value, {
    ...{ trained: 'ready', open2: busy, run2: busy, removed: busy },
    taken: 'this browser keeps a run of the name mine already: go on with it (openRun), or name another',
    resumedAt: 50,
    files: ['config.json', 'metrics.jsonl', 'checkpoint.safetensors'],
    ...{ listed: [['mine', 'backprop', 'glyphs']], left: 0 },
    none: 'this browser keeps no run of the name mine for this page',
    name: 'backprop-glyphs-1',
  })
})

test('a full store is told; what it kept and the session are still there', { skip }, async () => {
  const { value } = await inPage<Record<string, unknown>>(`
    const { open, runs } = await import('/dist/browser/page.js')
    const session = await open({ ${TINY}, keep: 'full' })
    const put = IDBObjectStore.prototype.put
    let isFull = false
    let puts = 0
    // In the middle: the pieces of before are deleted by then, and some of the new ones are there.
    IDBObjectStore.prototype.put = function (...given) {
      if (isFull && ++puts % 3 === 0) throw new DOMException('no room', 'QuotaExceededError')
      return put.apply(this, given)
    }
    let told
    try {
      for await (const event of session.train()) if (event.event === 'epoch') isFull = true
    } catch (error) { told = error.name + ': ' + error.message }
    const before = await runs.read('full')
    isFull = false
    const state = session.state
    const events = []
    for await (const event of session.train()) events.push(event)
    const after = await runs.read('full')
    await session.close()
    await runs.remove('full')
    return { told, state, resumedAt: events[0].resumedAt, end: events.at(-1).event,
      grown: after['metrics.jsonl'].length > before['metrics.jsonl'].length, kept: Object.keys(before).length }`)
  const { told, ...others } = value
  assert.match(
    String(told),
    /^UserError: the browser's store is full: full \(0\.\d MiB\) could not be kept, and what it kept/,
  )
  assert.deepEqual(others, { state: 'ready', resumedAt: 50, end: 'done', grown: true, kept: 3 })
})

test('after a reset what is kept stays until an epoch of the new training has ended', { skip }, async () => {
  const { value } = await inPage<Record<string, unknown>>(`
    const { open, runs } = await import('/dist/browser/page.js')
    const session = await open({ ${TINY}, keep: 'anew' })
    const epochs = async () => new TextDecoder().decode((await runs.read('anew'))['metrics.jsonl'])
      .split('\\n').filter((line) => line.startsWith('{"event":"epoch"')).length
    for await (const event of session.train());
    const whole = await epochs()
    await session.reset()
    const counts = []
    for await (const event of session.train()) {
      if (event.event === 'checkpoint') counts.push(await epochs())
      if (event.event === 'checkpoint' && event.epoch === 1) break
    }
    const end = await epochs()
    await session.close()
    await runs.remove('anew')
    return { whole, first: counts[0], end }`)
  const { end, ...others } = value
  assert.deepEqual(others, { whole: 3, first: 3 })
  assert.ok(end === 1 || end === 2, `${end}: the new training's own`)
})

test('memory stays flat over ten thousand steps', { skip }, async () => {
  const { value } = await inPage<{ megabytes: number[]; steps: number }>(
    `
    const { open } = await import('/dist/browser/page.js')
    const session = await open({ rule: 'backprop', data: 'glyphs', hyper: { units: [8] },
      options: { epochs: 42, limit: 2600, validation: 100, batch: 10, device: 'wasm', threads: 1 } })
    const megabytes = []
    let steps = 0
    const measure = async () => megabytes.push((await performance.measureUserAgentSpecificMemory()).bytes / 2 ** 20)
    let epochs = 0
    for await (const event of session.train({ test: false })) {
      steps = event.step ?? steps
      if (event.event === 'epoch' && ++epochs % 8 === 2) await measure()
    }
    return { megabytes, steps }`,
    { flags: ['--enable-features=MeasureMemory', '--js-flags=--expose-gc'], seconds: 300 },
  )
  const { megabytes, steps } = value
  assert.ok(steps >= 10_000, `${steps} steps`)
  const early = megabytes[1]!
  const late = megabytes.at(-1)!
  console.log(`memory over ${steps} steps, MiB: ${megabytes.map((own) => own.toFixed(1)).join(', ')}`)
  assert.ok(late < early * 1.1 + 2, `${early} MiB early, ${late} MiB late`)
})

const rule = (layer: string): string => `import { sizeOf } from 'onward/graph'
import * as nn from 'onward/nn'
import { classesOf, defineRule, layerwise, z } from 'onward/rules'
export default defineRule({
  id: 'typed', hyper: z.strictObject({ units: z.array(z.int()).default([20, 20]) }), training: { epochs: 1, batch: 50 },
  ...layerwise(({ task, hyper: { units } }) => ({
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: nn.dense(random, name + '.hidden', units[i - 1] ?? sizeOf(task.input.shape), outputs, 'he'),
        readout: nn.dense(random, name + '.readout', outputs, classesOf(task), 'fan-in'),
      }),
      forward: ({ hidden }, x) => ${layer},
      loss: ({ parameters, output, batch }) => nn.crossEntropy(nn.affine(parameters.readout, output), batch.target).mean(),
      scores: ({ readout }, output) => nn.affine(readout, output),
    })),
    optimizer: nn.adam(), rate: (progress) => nn.SCHEDULES.linear(progress).mul(0.002),
  })),
})`

test('a rule that is typed is certified and trained; its mistakes are told at their line', { skip }, async () => {
  const { value } = await inPage<Record<string, unknown>>(
    `
    const { certify, open } = await import('/dist/browser/page.js')
    const text = async (name) => new TextDecoder().decode(await given(name))
    const good = await text('good')
    const message = (module) => certify({ rule: { module, name: 'typed.js' }, on: 'glyphs' }).then(() => 'no error', ({ name, message }) => name + ': ' + message)
    const { local, layers } = await certify({ rule: { module: good }, on: 'glyphs' })
    const session = await open({ rule: { module: good, name: 'typed.js' }, data: 'glyphs', options: { limit: 600, validation: 100, device: 'wasm' } })
    let end
    for await (const event of session.train()) end = event
    const config = JSON.parse(new TextDecoder().decode((await session.files())['config.json']))
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 1500)
    const endless = await certify({ rule: { module: 'while (true);' }, on: 'glyphs', signal: stop.signal }).catch(({ message }) => message)
    return { local, windows: layers.map(({ window }) => window), end: end.event, file: config.ruleFile.path, hash: config.ruleFile.sha256.length, endless,
      syntax: await message(good.replace('rate: (progress) =>', 'rate: (progress) = >')), shape: await message(await text('shape')),
      name: await message(await text('name')), foreign: await message('\\n' + "import 'https://example.org/x.js'\\n" + good), empty: await message('const x = 1'),
      lacks: await message(good.replace('defineRule, layerwise', 'defineRule, layerwize')) }`,
    {
      given: {
        good: Buffer.from(rule('nn.affine(hidden, nn.flat(x)).relu()')),
        shape: Buffer.from(rule('nn.affine(hidden, nn.flat(x)).relu().matmul(x)')),
        name: Buffer.from(rule('nn.affine(hidden, missing)')),
      },
    },
  )
  const { syntax, shape, lacks, ...others } = value
  assert.deepEqual(others, {
    ...{ local: true, windows: [1, 1], end: 'done', file: 'typed.js', hash: 64 },
    endless: 'the session was aborted',
    name: 'UserError: typed.js:12: ReferenceError: missing is not defined.',
    foreign:
      'UserError: typed.js:2: it imports "https://example.org/x.js", which is none of onward, onward/data, onward/graph, onward/nn, onward/onnx, onward/rules: a rule in a page imports these alone.',
    empty: 'UserError: typed.js exports nothing: it must export a rule as its default.',
  })
  assert.match(String(syntax), /^UserError: typed\.js:16: SyntaxError: /)
  assert.match(String(lacks), /^UserError: typed\.js:3: SyntaxError: onward\/rules has no layerwize\.$/)
  assert.match(String(shape), /^UserError: typed\.js:12: GraphError: matmul/)
})
