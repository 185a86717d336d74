// The input of a stage, and how far it may run ahead.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryEngine } from '../../src/distributed/memory.js'
import { chunksFrom } from '../../src/distributed/pipeline/chunks.js'
import { freeStage } from '../../src/distributed/pipeline/lease.js'
import { decodeHanded, encodeHanded } from '../../src/distributed/pipeline/message.js'
import { fromEdge, type Task } from '../../src/distributed/pipeline/source.js'
import type { Standing } from '../../src/distributed/pipeline/standing.js'
import { creditOf } from '../../src/distributed/pipeline/worker.js'
import { UserError } from '../../src/errors.js'
import type { Plan } from '../../src/train/plan.js'

const plan: Plan = {
  ...{ from: 0, phases: 1, epochs: 2, batches: 5, checkpointEvery: 0 },
  stepOf: () => 'joint',
  spanOf: () => 1,
}
const begin = { phase: 0, epoch: 0, between: 0, batch: 0 }
const ports = [{ name: 'v', dtype: 'float32' as const, shape: [2] }]
const first: Standing = { chunk: 0, at: begin, object: '', sequence: 0, epochs: 0, isOver: false }

const message = (chunk: number, runs = 2) =>
  encodeHanded('run.edge.1', ports, runs, {
    chunk,
    isLast: false,
    values: { v: new Float32Array(2 * runs).fill(chunk) },
  })

/** What a stage makes of these messages, in this order. */
async function taken(numbers: readonly number[], from = first): Promise<Task[]> {
  const limits = { subjects: ['run.edge.>'], mostPerSubject: 99, mostBytes: 1e6, mostMessageBytes: 1e6 }
  const stream = await memoryEngine().connect().stream('edges', limits)
  const chunks = [...chunksFrom(plan, { chunk: 0, at: begin }, 2)]
  for (const number of numbers) await stream.publish(message(number, chunks[number - 1]!.call.runs))
  await stream.publish(encodeHanded('run.edge.1', ports, 0, { chunk: chunks.length + 1, isLast: true, values: {} }))
  const { signal } = new AbortController()
  const all: Task[] = []
  for await (const task of fromEdge(stream, 'run.edge.1', plan, from, 2, () => ports, signal)) all.push(task)
  return all
}

test('chunks cover the plan, and none crosses the end of an epoch', () => {
  const chunks = [...chunksFrom(plan, { chunk: 0, at: begin }, 2)]
  assert.deepEqual(
    chunks.map(({ number, call, endsEpoch }) => [number, call.at.epoch, call.at.batch, call.runs, endsEpoch]),
    [
      [1, 0, 0, 2, false],
      [2, 0, 2, 2, false],
      [3, 0, 4, 1, true],
      [4, 1, 0, 2, false],
      [5, 1, 2, 2, false],
      [6, 1, 4, 1, true],
    ],
  )
  const { number, end } = chunks[1]!
  assert.deepEqual([...chunksFrom(plan, { chunk: number, at: end }, 2)], chunks.slice(2))
})

test('each message counts once, in order; a gap ends the work', async () => {
  const once = await taken([1, 2, 3, 4, 5, 6])
  assert.deepEqual(
    once.map(({ chunk, taken: { v } }) => [chunk?.number, v?.[0]]),
    [...[1, 2, 3, 4, 5, 6].map((n) => [n, n]), [undefined, undefined]],
  )
  const twice = await taken([1, 2, 2, 1, 3, 4, 5, 5, 6])
  assert.deepEqual(
    twice.map(({ place }) => place),
    once.map(({ place }) => place),
  )
  const later = await taken([1, 2, 3, 4, 5, 6], { ...first, chunk: 3, at: { ...begin, epoch: 0, batch: 5 } })
  assert.deepEqual(
    later.map(({ place }) => place),
    once.slice(3).map(({ place }) => place),
  )
  await assert.rejects(taken([1, 2, 4]), (error: Error) => error instanceof UserError && /lost/.test(error.message))
})

test('a message that is not what the manifest says is refused', () => {
  const refuses = (what: RegExp, own: ReturnType<typeof message>, wanted = ports): void =>
    assert.throws(
      () => decodeHanded(own, wanted, 2),
      (error: Error) => error instanceof UserError && what.test(error.message),
    )
  refuses(/message 1 of run.edge.1 cannot be used: v is F32 \[2,2\], not F32 \[2,2,3\]/, message(1), [
    { ...ports[0]!, shape: [2, 3] },
  ])
  refuses(/w is missing/, message(1), [...ports, { ...ports[0]!, name: 'w' }])
  refuses(/it holds v, which nobody asked for/, message(1), [])
  const damaged = message(1)
  damaged.payload[damaged.payload.length - 1]! ^= 1
  refuses(/its CRC-32 is/, damaged)
  assert.throws(() => decodeHanded({ ...message(1), headers: {} }, ports, 2), /none of onward's/)
})

test('a stage waits while the one above has not kept enough', async () => {
  const { values } = memoryEngine().connect()
  const stop = new AbortController()
  const stages = [
    { blocks: ['a'], tensors: [], takes: {} },
    { blocks: ['b'], tensors: [], takes: {} },
  ]
  const put = (chunk: number, revision: number) =>
    values.put('run.standing.1', new TextEncoder().encode(JSON.stringify({ ...first, chunk })), revision)
  await put(0, 0)
  const has = creditOf(
    values,
    { window: 4, stages },
    { run: 'run', stage: 0, stop: stop.signal },
    { made() {}, waited() {} },
  )
  assert.equal(await has(4), true)
  const fifth = has(5)
  const early = await Promise.race([fifth, new Promise((resolve) => setTimeout(resolve, 60, 'waiting'))])
  assert.equal(early, 'waiting')
  await put(1, 1)
  assert.equal(await fifth, true)
  const ninth = has(9)
  stop.abort()
  assert.equal(await ninth, false)
})

test('who joins takes the highest stage that is free', async () => {
  const { values } = memoryEngine().connect()
  const hold = (stage: number, holder: string) =>
    values.put(`run.lease.${stage}`, new TextEncoder().encode(JSON.stringify({ holder, epoch: 1, beat: 0 })), 0)
  assert.equal(await freeStage(values, 'run', 3), 2)
  await hold(2, 'a')
  assert.equal(await freeStage(values, 'run', 3), 1)
  await hold(0, '')
  await hold(1, 'b')
  assert.equal(await freeStage(values, 'run', 3), 0)
})
