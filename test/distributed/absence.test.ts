// Whom a training waits for: when that is told, and when it is enough.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absence } from '../../src/distributed/absence.js'
import { memoryEngine } from '../../src/distributed/memory.js'
import { freeStage, takeLease } from '../../src/distributed/pipeline/lease.js'
import { keysOf } from '../../src/distributed/pipeline/names.js'
import { UserError } from '../../src/errors.js'

test('who is missing is told after 5 s, then ever more rarely; who came is forgotten', () => {
  let now = 0
  const absent = absence(undefined, () => now)
  const told: number[] = []
  for (; now <= 300_000; now += 1000) for (const { seconds } of absent.news(0, ['b'], 2)) told.push(seconds)
  assert.deepEqual(told, [5, 10, 20, 40, 80, 140, 200, 260])
  assert.deepEqual([...absent.news(0, [], 2)], [])
  assert.deepEqual([...absent.news(0, ['b'], 2)], [])
  now += 5000
  const event = { event: 'waiting', step: 7, missing: ['b'], of: 2, seconds: 5 }
  assert.deepEqual([...absent.news(7, ['b'], 2)], [event])
})

test('where there is a limit, a training does not wait longer', () => {
  let now = 0
  const absent = absence(30, () => now)
  assert.deepEqual([...absent.news(0, ['worker 3'], 3)], [])
  now = 30_000
  assert.throws(
    () => [...absent.news(0, ['worker 3'], 3)],
    (error) => error instanceof UserError && /^worker 3 did not come within 30 s.*--resume/.test(error.message),
  )
})

test('who joins finds the stage of a worker that has fallen silent, and none where all live', async () => {
  const { values } = memoryEngine().connect()
  const times = { beat: 10, silence: 100 }
  const own = (stage: number, beat: number) =>
    takeLease(values, keysOf('run').lease(stage), { holder: `${stage}` }, AbortSignal.timeout(1e5), { ...times, beat })
  const [lives, silent] = [(await own(0, 10))!, (await own(1, 1e6))!]
  assert.equal(await freeStage(values, 'run', 2, 100), 1)
  await silent.release()
  const taken = (await own(1, 10))!
  assert.equal(await freeStage(values, 'run', 2, 200), undefined)
  await taken.release()
  assert.equal(await freeStage(values, 'run', 2, 1e6), 1)
  await lives.release()
})
