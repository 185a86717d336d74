import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock, meter } from '../../src/train/meter.js'
import { type Call, endOf, type Plan } from '../../src/train/plan.js'

/** 100 steps before each of two epochs of 10 batches. */
const plan: Plan = {
  ...{ from: 0, phases: 1, epochs: 2, batches: 10, checkpointEvery: 0 },
  between: [[{ step: 'align', times: 100 }], [{ step: 'align', times: 100 }]],
  stepOf: () => 'joint',
  spanOf: () => 1,
}
const call = (epoch: number, taken: Partial<Call>): Call => ({
  ...{ at: { phase: 0, epoch, between: 0, batch: 0 }, batches: 0, between: 0, runs: 1, step: '' },
  ...taken,
})

test('the time left is that of the batches, of the steps between epochs and of the measurements, each at its own pace', async () => {
  let now = 0
  const time = clock(() => now, plan)
  const passes = (own: Call, seconds: number): Promise<{ call: Call }> =>
    time.training(async () => {
      now += 1000 * seconds
      return { call: own }
    })
  const aligned = call(0, { between: 100 })
  await passes(aligned, 10)
  assert.equal(time.progress(endOf(aligned)), 100 / 220)
  assert.equal(time.secondsLeft(endOf(aligned)), 10)
  const learned = call(0, { at: endOf(aligned), batches: 10 })
  await passes(learned, 5)
  // A tenth of a second for each of 100 steps, half a second for each of 10 batches.
  assert.equal(time.secondsLeft(endOf(learned)), 10 + 5)
  assert.equal(time.rowsPerSecond(50), 100)
  const scores = time.scoring(async function* () {
    now += 3000
    yield 1
    return 'scores'
  })
  for (let next = await scores.next(); !next.done; next = await scores.next());
  assert.equal(time.secondsLeft(endOf(learned)), 10 + 5 + 3)
  assert.equal(time.secondsLeft({ phase: 0, epoch: 2, between: 0, batch: 0 }), 0)
})

test('means are over the steps that have a metric, by block', () => {
  const own = meter()
  own.add({ loss: Float32Array.of(1, 2), 'upper/loss': Float32Array.of(4, 8) }, 2)
  own.add({ loss: Float32Array.of(6) }, 1)
  assert.deepEqual(own.means(), { network: { loss: 3 }, blocks: { upper: { loss: 6 } } })
  assert.equal(own.steps(), 3)
})
