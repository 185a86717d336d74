// A read-out that is solved after the last epoch: by the trainer, and by `train`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../src/errors.js'
import { plus } from '../../src/readout/moments.js'
import { ridge } from '../../src/readout/ridge.js'
import { sparseCells } from '../../src/rules/sparse-cells/sparse-cells.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { Checkpoint } from '../../src/train/checkpoint.js'
import type { TrainEvent } from '../../src/train/events.js'
import { train } from '../../src/train/train.js'
import { openTrainer } from '../../src/train/trainer.js'
import { close } from '../nn/evaluate.js'
import { accuracyOf, collect, keeper, lines, numbersOf, ofKind } from './fixtures.js'

const data = lines()
const platform = { compile }
const small = {
  rule: sparseCells,
  data,
  hyper: { latents: 4, kernel: 2, patches: 4, views: 'mirrored', lambda: [0.1, 10] },
  options: { epochs: 2, batch: 10, validation: 21, seed: 3, threads: 1 },
}

/** Trains; aborts as soon as an event satisfies `until`. */
async function run(until: (event: TrainEvent) => boolean, resume?: Checkpoint) {
  const abort = new AbortController()
  const kept = keeper()
  const events: TrainEvent[] = []
  for await (const event of train({ ...small, resume, signal: abort.signal, platform: { compile, ...kept } })) {
    if (until(event)) abort.abort()
    events.push(event)
  }
  return { events, kept }
}

test('epochs are not measured before it, and what is measured after it has learned', async () => {
  const { events, kept } = await run(() => false)
  for (const epoch of ofKind(events, 'epoch')) assert.equal(epoch.validation, undefined)
  const [solved] = ofKind(events, 'read-out')
  assert.equal(solved!.samples, 99)
  assert.equal(solved!.features, 32)
  assert.deepEqual(
    solved!.tried.map(({ lambda }) => lambda),
    [0.1, 10],
  )
  const done = events.at(-1)!
  assert.ok(done.event === 'done')
  assert.ok(accuracyOf(done.test)! > 0.8, `${accuracyOf(done.test)}`)
  const weight = kept.last().state.find(({ name }) => name === 'readOut.weight')!
  assert.ok(weight.data.some((value) => value !== 0))
})

test('stopped while it is gathered and resumed, a training ends as if it had never stopped', async () => {
  const straight = await run(() => false)
  for (const what of ['training', 'validation', 'test'] as const) {
    const stopped = await run((event) => event.event === 'measuring' && event.what === what)
    const last = stopped.events.at(-1)!
    assert.ok(last.event === 'stopped' && last.reason === 'aborted', last.event)
    const resumed = await run(() => false, stopped.kept.last())
    assert.deepEqual(numbersOf(resumed.kept.last()), numbersOf(straight.kept.last()))
    const [one, other] = [resumed, straight].map(({ events }) => ofKind(events, 'done')[0]!.test)
    assert.deepEqual(one, other)
  }
})

test('sums over parts of the training samples add up, and give the read-out of all of them', async () => {
  const trainer = await openTrainer({ ...small, platform })
  try {
    await trainer.load(await trainer.initialState())
    const { readOut } = trainer
    const { training } = readOut!
    const gathered = async (from: number, to: number) => {
      const part = {
        count: to - from,
        inputs: training.inputs.slice(25 * from, 25 * to),
        targets: training.targets!.slice(from, to),
      }
      const work = readOut!.gather(part as typeof training)
      for (;;) {
        const { done, value } = await work.next()
        if (done) return value!
      }
    }
    const whole = await gathered(0, training.count)
    assert.equal(whole.count, 2 * training.count)
    const sum = plus(await gathered(0, 13), await gathered(13, training.count))
    const [one, other] = [ridge(whole, 1), ridge(sum, 1)]
    // Products of float32 are cut differently.
    close(one.weight, other.weight, 1e-4)
    close(one.bias, other.bias, 1e-4)
    const { lambda } = await readOut!.solve(whole, sum)
    assert.ok([0.1, 10].includes(lambda))
    const state = await trainer.read()
    assert.deepEqual(state['readOut.weight'], Float32Array.from(ridge(whole, lambda).weight))
  } finally {
    await trainer.close()
  }
})

test('the sums are those of the features and of the classes of each view', async () => {
  const trainer = await openTrainer({ ...small, hyper: { ...small.hyper, views: 'one' }, platform })
  try {
    await trainer.load(await trainer.initialState())
    const { validation, readOut } = trainer
    const work = readOut!.gather(validation)
    let step = await work.next()
    while (!step.done) step = await work.next()
    const { count, targetSums, targetSquares, gram, featureSums } = step.value!
    assert.equal(count, 21)
    assert.deepEqual(
      [...targetSums],
      [0, 1, 2].map((own) => [...validation.targets!].filter((label) => label === own).length),
    )
    assert.equal(targetSquares, 21)
    // A square of a sum is at most the count times the sum of squares.
    assert.ok(featureSums[0]! > 0 && featureSums[0]! ** 2 <= 21 * gram[0]! * (1 + 1e-6))
  } finally {
    await trainer.close()
  }
})

test('patience, and several lambdas without held-out samples, are refused before anything runs', async () => {
  const wrong = (options: object) => collect(train({ ...small, options: { ...small.options, ...options }, platform }))
  await assert.rejects(wrong({ patience: 1 }), (error) => error instanceof UsageError && /patience/.test(error.message))
  await assert.rejects(wrong({ validation: 0 }), (error) => error instanceof UsageError && /lambda/.test(error.message))
})
