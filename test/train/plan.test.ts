import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Call, callAt, following, globalStep, type Plan, type Position, progressAt } from '../../src/train/plan.js'

const plan = (changes: Partial<Plan> = {}): Plan => ({
  ...{ from: 0, phases: 2, epochs: 3, batches: 10, checkpointEvery: 0, stepOf: () => 'joint', spanOf: () => 1 },
  ...changes,
})

/** The calls of one epoch, cut by a limit. */
function epochOf(own: Plan, limit: number): Call[] {
  const calls: Call[] = []
  let at: Position = { phase: 0, epoch: 0, between: 0, batch: 0 }
  for (let call = callAt(own, at, limit); call; call = callAt(own, at, limit)) {
    calls.push(call)
    at = { ...at, batch: at.batch + call.batches }
  }
  return calls
}

test('calls cover an epoch without gap, and none crosses its end', () => {
  assert.deepEqual(
    epochOf(plan(), 4).map(({ at, runs }) => [at.batch, runs]),
    [
      [0, 4],
      [4, 4],
      [8, 2],
    ],
  )
})

test('a call ends where a checkpoint is due', () => {
  assert.deepEqual(
    epochOf(plan({ checkpointEvery: 3 }), 100).map(({ runs }) => runs),
    [3, 3, 3, 1],
  )
})

test('batches with other steps are other calls', () => {
  const calls = epochOf(plan({ stepOf: ({ batch }) => (batch < 7 ? 'odd' : 'even') }), 5)
  assert.deepEqual(
    calls.map(({ step, runs }) => `${runs} ${step}`),
    ['5 odd', '2 odd', '3 even'],
  )
})

test('what follows a call may be the next epoch, but not the next phase', () => {
  const call = (epoch: number, batch: number, steps: number): Call => ({
    at: { phase: 0, epoch, between: 0, batch },
    runs: steps,
    batches: steps,
    between: 0,
    step: '',
  })
  assert.deepEqual(following(plan(), call(0, 2, 3)), { phase: 0, epoch: 0, between: 0, batch: 5 })
  assert.deepEqual(following(plan(), call(0, 8, 2)), { phase: 0, epoch: 1, between: 0, batch: 0 })
  assert.equal(following(plan(), call(2, 8, 2)), undefined)
})

test('steps between epochs are counted up to the end', () => {
  const own = plan({ phases: 1, between: [[{ step: 'align', times: 4 }], [], [{ step: 'align', times: 2 }]] })
  const at = (epoch: number, between: number, batch = 0): Position => ({ phase: 0, epoch, between, batch })
  assert.deepEqual(
    [at(0, 3), at(0, 4, 1), at(1, 0), at(2, 0), at(2, 2, 10), { ...at(0, 0), phase: 1 }].map((one) =>
      globalStep(own, one),
    ),
    [3, 5, 14, 24, 36, 36],
  )
})

test('steps are numbered through all phases, progress begins anew in each', () => {
  const own = plan()
  const positions = [0, 1].flatMap((phase) =>
    [0, 1, 2].flatMap((epoch) => Array.from({ length: 10 }, (_, batch) => ({ phase, epoch, between: 0, batch }))),
  )
  assert.deepEqual(
    positions.map((at) => globalStep(own, at)),
    [...Array(60).keys()],
  )
  assert.equal(progressAt(own, { epoch: 0, batch: 0 }), 0)
  assert.equal(progressAt(own, { epoch: 2, batch: 9 }), 29 / 30)
})
