import assert from 'node:assert/strict'
import fs from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { interpret, value } from '../../src/graph/index.js'
import { drawRun, evaluate, exportRun, predict, resume, type Split, type TrainRequest, train } from '../../src/node.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { traceRule } from '../../src/rules/trace.js'
import { readCheckpoint, readConfig } from '../../src/train/run-folder.node.js'
import { taskOf } from '../rules/harness.js'
import { counter } from './counter.js'
import { accuracyOf, collect, lines, numbersOf, ofKind } from './fixtures.js'

const root = fs.mkdtempSync(join(tmpdir(), 'onward-node-'))
after(() => fs.rmSync(root, { recursive: true }))
const data = lines()
const request = (out: string, epochs = 3): TrainRequest => ({
  ...{ rule: 'forward-forward', data, out },
  hyper: { units: [12, 12], rate: 0.01 },
  options: { epochs, batch: 10, seed: 3 },
})

test('the preset of a run is told, kept, and told again when the run goes on', async () => {
  const out = join(root, 'preset')
  const options = { epochs: 1, batch: 10 }
  const first = await collect(train({ rule: 'forward-forward', data, out, preset: 'symba', options }))
  const again = await collect(resume(out, { data }))
  for (const events of [first, again]) assert.equal(ofKind(events, 'start')[0]!.preset, 'symba')
  assert.equal(readConfig(out).hyper.alpha, 4)
  assert.equal(readConfig(out).mostThreads, availableParallelism())
})

test('what the settings of a preset leave open is told by its runs, and when they go on', async () => {
  const out = join(root, 'reconstructed')
  const options = { epochs: 1, batch: 10 }
  const hyper = { units: [12, 12] }
  const first = await collect(train({ rule: 'forward-forward', data, out, preset: 'pff-random', hyper, options }))
  const again = await collect(resume(out, { data }))
  for (const events of [first, again])
    assert.match(ofKind(events, 'start')[0]!.reconstructed!.join(), /the threshold: /)
})

test('a journal that cannot be written ends a training with a checkpoint of where it stands', async (context) => {
  const out = join(root, 'journal')
  let told = 0
  let full = false
  const write = fs.writeSync
  context.mock.method(fs, 'writeSync', ((file: number, bytes: Uint8Array, ...where: number[]) => {
    if (full && Buffer.from(bytes).toString().startsWith('{"event"'))
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    return write(file, bytes, ...where)
  }) as typeof fs.writeSync)
  const run = async (): Promise<void> => {
    for await (const event of train(request(out, 50))) {
      if (event.event !== 'progress') continue
      told = event.step
      full = event.epoch === 2
    }
  }
  const message =
    /journal.metrics\.jsonl could not be written: the disk is full: .*; stopped .*; it can go on from its checkpoint/
  await assert.rejects(run, message)
  full = false
  const { position, settings } = readCheckpoint(out).checkpoint
  const { limit, validation, batch } = settings.options
  assert.equal(position.epoch * Math.floor((limit - validation) / batch) + position.batch, told)
  const events = await collect(resume(out, { data }))
  assert.equal(events.at(-1)!.event, 'done')
})

test('a run takes the place of one that ended before its first checkpoint, and says so', async () => {
  const out = join(root, 'killed')
  await collect(train(request(out, 1)))
  // What a kill between the first event and the first checkpoint leaves.
  fs.rmSync(join(out, 'checkpoint.safetensors'))
  fs.writeFileSync(join(out, 'metrics.jsonl'), '{"event":"start"}\n')
  await assert.rejects(
    collect(resume(out, { data })),
    /ended before the first one: train anew; this folder may be used/,
  )
  const events = await collect(train(request(out, 1)))
  assert.equal(ofKind(events, 'start')[0]!.replaced, true)
  assert.equal(events.at(-1)!.event, 'done')
  assert.match(fs.readFileSync(join(out, 'metrics.jsonl'), 'utf8'), /^\{"event":"start","rule":/)
})

test('a run is trained, stopped, resumed, evaluated and used, all by its folder', async () => {
  const [whole, parts] = [join(root, 'whole'), join(root, 'parts')]
  const events = await collect(train(request(whole)))
  const abort = new AbortController()
  for await (const { event } of train({ ...request(parts), signal: abort.signal })) if (event === 'epoch') abort.abort()
  const after = await collect(resume(parts, { data }))
  const { checkpoint } = readCheckpoint(whole)
  assert.deepEqual(numbersOf(readCheckpoint(parts).checkpoint), numbersOf(checkpoint))

  // The journal of the run in parts: all that was told, of both parts, but how far a measurement was.
  const journal = fs.readFileSync(join(parts, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  const kinds = journal.map((line) => JSON.parse(line).event)
  const told = after.map(({ event }) => event).filter((kind) => kind !== 'measuring')
  assert.deepEqual(kinds.slice(-told.length), told)
  assert.deepEqual(
    kinds.filter((kind) => ['start', 'stopped', 'done', 'epoch'].includes(kind)),
    ['start', 'epoch', 'stopped', 'start', 'epoch', 'epoch', 'done'],
  )

  const done = events.at(-1)!
  assert.ok(done.event === 'done')
  assert.equal(done.run, whole)
  const { each, confusion, ...evaluated } = await evaluate(whole, { data })
  assert.deepEqual([each!.length, confusion!.length], [3, 3])
  assert.deepEqual(evaluated, {
    test: done.test,
    criterion: { figure: 'accuracy', better: 'larger' },
  })

  // Predictions against the interpreter, which knows nothing of batches that were filled up.
  const images = Array.from({ length: 60 }, (_, i) => data.test.inputs.slice(25 * i, 25 * (i + 1)))
  const predicted = await predict(whole, images)
  const task = taskOf({ shape: [1, 5, 5], batch: 60 })
  const { predict: graph } = traceRule(forwardForward, task, checkpoint.settings.hyper)
  const state = new Map(checkpoint.state.map((tensor) => [tensor.name, tensor.data]))
  const pixels = Float32Array.from(data.test.inputs, (level) => level / 4)
  const [scores] = interpret(
    [graph.metrics[0]!.output],
    new Map([
      ...graph.state.map(({ name, input }) => [input, value(input, state.get(name)!)] as const),
      ...graph.batch.map(({ input }) => [input, value(input, pixels)] as const),
    ]),
  )
  const rows = images.map((_, i) => [...scores!.data.slice(3 * i, 3 * i + 3)])
  for (const [i, row] of rows.entries()) {
    const { scores: own, scoreName, ...said } = predicted[i]!
    assert.equal(scoreName, 'goodness')
    const label = row.indexOf(Math.max(...row))
    assert.deepEqual(said, { label, className: data.names[label] })
    for (const [k, score] of row.entries()) assert.ok(Math.abs(own[k]! - score) < 1e-4 * (1 + Math.abs(score)))
  }
  const right = predicted.filter((said, i) => 'label' in said && said.label === data.test.targets![i]).length
  assert.equal(accuracyOf(done.test), right / 60)
  assert.deepEqual(await predict(whole, []), [])
  await assert.rejects(
    predict(whole, [new Uint8Array(25), new Uint8Array(24)]),
    /^UserError: input 2 has 24 numbers; .* reads 25: \[1, 5, 5\]$/,
  )
})

test('a checkpoint of another network in the folder of a run is refused', async () => {
  const [one, other] = [join(root, 'one'), join(root, 'other')]
  await collect(train(request(one, 1)))
  await collect(train({ ...request(other, 1), hyper: { units: [14, 12], rate: 0.01 } }))
  fs.copyFileSync(join(other, 'checkpoint.safetensors'), join(one, 'checkpoint.safetensors'))
  const message = /of another network: layers\.0\.weight is float32 \[22, 14\] there and float32 \[22, 12\] here$/
  await assert.rejects(collect(resume(one, { data })), message)
  await assert.rejects(evaluate(one, { data }), /another training: its units is \[14,12\], here it is \[12,12\]$/)
  // Nothing was lost, and the folder is free again.
  assert.ok(accuracyOf((await evaluate(other, { data })).test)! >= 0)
  fs.truncateSync(join(other, 'checkpoint.safetensors'), 1000)
  await assert.rejects(collect(resume(other, { data })), /checkpoint\.safetensors is no checkpoint of onward: /)
  assert.ok(!fs.existsSync(join(other, 'lock')))
})

test('the figures of a run are those of its own checkpoint: of another training, or after a change of its settings, it is not used', async () => {
  const [one, other] = [join(root, 'own'), join(root, 'swapped')]
  await collect(train(request(one, 1)))
  await collect(train({ ...request(other, 1), options: { ...request(other, 1).options, seed: 9 } }))
  const config = join(one, 'config.json')
  const kept = fs.readFileSync(config, 'utf8')
  fs.copyFileSync(join(other, 'checkpoint.safetensors'), join(one, 'checkpoint.safetensors'))
  const uses = [
    () => evaluate(one, { data }),
    () => predict(one, [], {}),
    () => exportRun(one, { data }),
    () => drawRun(one, { data, count: 1, seed: 0 }),
  ]
  const message = /belongs to another training: its seed is 9, here it is 3$/
  for (const use of uses) await assert.rejects(use(), message)
  fs.writeFileSync(config, kept.replace('"seed": 3', '"seed": 9'))
  await evaluate(one, { data })
  fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace(/"rate": [\d.]+/, '"rate": 0.5'))
  for (const use of uses) await assert.rejects(use(), /belongs to another training: its rate is /)
})

test('a run whose checkpoint was moved away keeps all the rest when it cannot be resumed', async () => {
  const [path, aside] = [join(root, 'moved'), join(root, 'aside')]
  await collect(train(request(path, 1)))
  fs.renameSync(join(path, 'checkpoint.safetensors'), aside)
  const files = fs.readdirSync(path)
  await assert.rejects(collect(resume(path, { data })), /has no checkpoint\.safetensors/)
  assert.deepEqual(fs.readdirSync(path), files)
  fs.renameSync(aside, join(path, 'checkpoint.safetensors'))
  assert.equal(ofKind(await collect(resume(path, { data })), 'done').length, 1)
})

test('images of another kind are refused', async () => {
  const path = join(root, 'kind')
  await collect(train(request(path, 1)))
  const twice = ({ inputs, ...split }: Split) => ({ ...split, inputs: new Uint8Array(2 * inputs.length) })
  const input = { ...data.input, shape: [1, 5, 10] }
  const larger = { ...data, name: 'wide', input, train: twice(data.train), test: twice(data.test) }
  await assert.rejects(evaluate(path, { data: larger }), / reads .*\[1, 5, 5\].*; those of wide are .*\[1, 5, 10\]/)
})

test('a run that nobody waits for to its end gives its folder back', async () => {
  const path = join(root, 'left')
  for await (const { event } of train(request(path))) if (event === 'progress') break
  assert.ok(!fs.existsSync(join(path, 'lock')))
  assert.equal(ofKind(await collect(resume(path, { data })), 'done').length, 1)
})

test('nothing is written where that was asked for, and rules of one’s own are handed in', async () => {
  const before = fs.readdirSync(root).length
  const events = await collect(train({ rule: counter as never, data, out: false, options: { epochs: 1 } }))
  assert.equal(events.at(-1)!.event, 'done')
  assert.equal(ofKind(events, 'checkpoint').length, 0)
  assert.equal(fs.readdirSync(root).length, before)
  const path = join(root, 'counter')
  await collect(train({ rule: counter as never, data, out: path, options: { epochs: 1 } }))
  await assert.rejects(
    evaluate(path, { data }),
    /was trained by the rule "counter", which is none of Onward's: name its file/,
  )
  await assert.rejects(
    evaluate(path, { rule: counter as never }),
    /was trained on the data set "[^"]+", which is none of Onward's: hand it in from a program/,
  )
  assert.ok(accuracyOf((await evaluate(path, { data, rule: counter as never })).test)! > 0)
})

test('names that nobody knows are answered with the nearest', async () => {
  await assert.rejects(collect(train({ rule: 'forwardforward', data })), /Did you mean "forward-forward"\?/)
  await assert.rejects(collect(train({ rule: 'backprop', data: 'glyph' })), /Did you mean "glyphs"\?/)
})
