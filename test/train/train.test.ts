import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DataSet, gatherInputs, holdOut, makeDataSet, order } from '../../src/data/index.js'
import { interpret, type Tensor, value } from '../../src/graph/index.js'
import { stream } from '../../src/random/stream.js'
import { backprop } from '../../src/rules/backprop.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { traceRule } from '../../src/rules/trace.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { Program } from '../../src/runtime/index.js'
import type { Platform } from '../../src/train/platform.js'
import { train } from '../../src/train/train.js'
import { taskOf } from '../rules/harness.js'
import { accuracyOf, collect, keeper, lines, numbersOf, ofKind } from './fixtures.js'
import { interpreter } from './oracle.js'

const data = lines()
const cpu: Platform = { compile }
const hyper = { units: [12, 12], rate: 0.01 }

/** The cpu, with something around each call. */
function around(run: (program: Program, ...call: Parameters<Program['run']>) => ReturnType<Program['run']>): Platform {
  const real = new WeakMap<Program, Program>()
  return {
    async compile(graph, { stateOf, ...options }) {
      const program = await compile(graph, { ...options, ...(stateOf && { stateOf: real.get(stateOf)! }) })
      const own: Program = { ...program, run: (steps, batch) => run(program, steps, batch) }
      real.set(own, program)
      return own
    },
  }
}

/** The cpu, whose calls seem to take `seconds` a step: they are cut otherwise. */
const paced = (seconds: number): Platform =>
  around(async (program, steps, batch) => ({ ...(await program.run(steps, batch)), seconds: seconds * steps }))

/** The plain loop: one step after the other, on the interpreter, in the words of the documentation. */
function plainLoop(epochs: number, batch: number, held: number, seed: number): Record<string, number[]> {
  const options = forwardForward.hyper.parse(hyper)
  const traced = traceRule(forwardForward, taskOf({ shape: [1, 5, 5], batch }), options)
  const noise = (input: Tensor, step: number, name: string): Float32Array => {
    const out = new Float32Array(input.size)
    stream(seed, step, name)[input.node.attributes.distribution as 'uniform' | 'normal'](out)
    return out
  }
  const first = interpret(
    traced.init.metrics.map(({ output }) => output),
    new Map(traced.init.batch.map(({ name, input }) => [input, value(input, noise(input, 0, `initial ${name}`))])),
  )
  const round = (numbers: ArrayLike<number>): number[] => [...Float32Array.from(numbers)]
  const state = new Map(traced.init.metrics.map(({ name }, i) => [name, round(first[i]!.data)]))
  const { train: images } = holdOut(data.train, data.train.targets!, held, seed)
  const step = traced.steps.joint!
  const batches = Math.floor(images.count / batch)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rows = order(images.count, seed, epoch)
    for (let i = 0; i < batches; i++) {
      const indices = rows.subarray(i * batch, (i + 1) * batch)
      const number = epoch * batches + i
      const x = new Float32Array(25 * batch)
      gatherInputs(data, images, indices, x)
      const given: Record<string, ArrayLike<number>> = {
        x,
        target: [...indices].map((row) => images.targets![row]!),
        progress: [Math.fround(number / (epochs * batches))],
      }
      const bindings = new Map([
        ...step.batch.map(
          ({ name, input }) => [input, value(input, given[name] ?? noise(input, number, name))] as const,
        ),
        ...step.state.map(({ name, input }) => [input, value(input, state.get(name)!)] as const),
      ])
      const next = interpret(
        step.state.map(({ output }) => output),
        bindings,
      )
      step.state.forEach(({ name }, k) => {
        state.set(name, round(next[k]!.data))
      })
    }
  }
  return Object.fromEntries(state)
}

test('training is the plain loop over batches, bit for bit', async () => {
  const kept = keeper()
  const options = { epochs: 2, batch: 9, validation: 30, seed: 3 }
  await collect(train({ rule: forwardForward, data, hyper, options, platform: { ...interpreter, ...kept } }))
  assert.deepEqual(numbersOf(kept.last()), plainLoop(2, 9, 30, 3))
})

test('on cpu, how steps are cut into calls does not matter', async () => {
  const finals: unknown[] = []
  const calls: number[] = []
  for (const seconds of [3, 0.001]) {
    const kept = keeper()
    const platform = { ...paced(seconds), ...kept }
    const options = { epochs: 3, batch: 10, seed: 1, augment: { shift: 1, flip: true } }
    const events = await collect(train({ rule: forwardForward, data, hyper, options, platform }))
    finals.push(numbersOf(kept.last()))
    calls.push(ofKind(events, 'progress').length)
  }
  assert.equal(calls[0], 30)
  assert.ok(calls[1]! < 15, `${calls[1]} calls`)
  assert.deepEqual(finals[0], finals[1])
})

test('the seed decides, and nothing else', async () => {
  const run = async (seed: number) => {
    const kept = keeper()
    const options = { epochs: 1, batch: 10, seed }
    await collect(train({ rule: backprop, data, hyper, options, platform: { ...cpu, ...kept } }))
    return numbersOf(kept.last())
  }
  const one = await run(1)
  assert.deepEqual(await run(1), one)
  assert.notDeepEqual(await run(2), one)
})

test('events tell the course of a training', async () => {
  const kept = keeper()
  const options = { epochs: 2, batch: 25, validation: 20, checkpointEvery: 3 }
  const events = await collect(train({ rule: forwardForward, data, hyper, options, platform: { ...cpu, ...kept } }))
  const [start] = ofKind(events, 'start')
  assert.deepEqual(
    [start!.trainingSamples, start!.validationSamples, start!.batchesPerEpoch, start!.resumedAt],
    [100, 20, 4, undefined],
  )
  // First layer: 22 pixels and 3 label codes; then 12 to 12; the head reads the second layer alone.
  assert.equal(start!.parameters, 25 * 12 + 12 + 12 * 12 + 12 + 12 * 3 + 3)
  assert.equal(start!.certificate.local, true)
  assert.ok(start!.peakActivationBytes > 0 && start!.stateBytes > 4 * start!.parameters)
  assert.deepEqual(
    ofKind(events, 'checkpoint').map(({ epoch, batch, path }) => [epoch, batch, path]),
    [
      [0, 0, 'memory 1'],
      [0, 3, 'memory 2'],
      [1, 0, 'memory 3'],
      [1, 3, 'memory 4'],
      [2, 0, 'memory 5'],
    ],
  )
  const progress = ofKind(events, 'progress')
  assert.deepEqual([progress.at(-1)!.epoch, progress.at(-1)!.batch, progress.at(-1)!.progress], [2, 4, 1])
  assert.equal(progress.at(-1)!.secondsLeft, 0)
  const epochs = ofKind(events, 'epoch')
  assert.deepEqual(
    epochs.map(({ epoch }) => epoch),
    [1, 2],
  )
  // An epoch's figures are the means over its batches: those of its calls, weighted by their batches.
  const second = progress.filter(({ epoch }) => epoch === 2)
  let before = 0
  let sum = 0
  for (const { batch, metrics } of second) {
    sum += metrics.blocks!['layer 1']!.loss! * (batch - before)
    before = batch
  }
  assert.ok(Math.abs(epochs[1]!.metrics.blocks!['layer 1']!.loss! - sum / 4) < 1e-9)
  const done = events.at(-1)!
  assert.ok(done.event === 'done')
  assert.deepEqual(done.validation, epochs[1]!.validation)
  assert.deepEqual(Object.keys(done.test.blocks!), ['layer 0', 'layer 1'])
  // 4 batches an epoch.
  assert.deepEqual([start!.steps, ...epochs.map(({ step }) => step), done.step], [8, 4, 8, 8])
})

test('the network sees the test set once, at the end', async () => {
  const seen: string[] = []
  // Test images are full of ink, as no training image is.
  const marked: DataSet = { ...data, test: { ...data.test, inputs: data.test.inputs.map(() => 4) } }
  const watching = around((program, steps, batch) => {
    if (batch.x?.subarray(0, 25).every((pixel) => pixel === 1)) seen.push('test')
    return program.run(steps, batch)
  })
  for await (const { event } of train({
    ...{ rule: backprop, data: marked, hyper, platform: watching },
    options: { epochs: 2, batch: 20, validation: 20 },
  }))
    if (!['progress', 'measuring'].includes(event)) seen.push(event)
  // 60 test images, in calls of their own size.
  assert.deepEqual([...new Set(seen)], ['start', 'epoch', 'test', 'done'])
  assert.deepEqual(seen.slice(0, 3), ['start', 'epoch', 'epoch'])
  assert.equal(seen.lastIndexOf('epoch'), 2)
})

test('forward-forward learns glyphs, and all images are counted', async () => {
  const glyphs = makeDataSet('glyphs')
  const options = { epochs: 4, batch: 50, limit: 2000, validation: 333, seed: 1 }
  const kept = keeper()
  const events = await collect(
    train({ rule: forwardForward, data: glyphs, hyper: { units: [100, 100] }, options, platform: { ...cpu, ...kept } }),
  )
  const done = events.at(-1)!
  assert.ok(done.event === 'done' && accuracyOf(done.test)! > 0.8, JSON.stringify(done))
  // 333 images do not fill batches of 50: shares of the right count tell that padding was left out.
  const right = accuracyOf(done.validation)! * 333
  assert.ok(Math.abs(right - Math.round(right)) < 1e-9)
})
