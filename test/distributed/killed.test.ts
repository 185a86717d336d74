// What of a pipeline is left when workers die at any moment, and when one that was taken for dead wakes up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryEngine } from '../../src/distributed/memory.js'
import { openOutlet } from '../../src/distributed/pipeline/edge.js'
import { oneWorker, type WorkerGiven } from '../../src/distributed/pipeline/here.js'
import { FencedError, takeLease } from '../../src/distributed/pipeline/lease.js'
import type { Manifest } from '../../src/distributed/pipeline/manifest.js'
import { encodeHanded } from '../../src/distributed/pipeline/message.js'
import { keysOf } from '../../src/distributed/pipeline/names.js'
import { trainPipeline } from '../../src/distributed/pipeline/train.js'
import type { Stream, Transport } from '../../src/distributed/transport.js'
import { ruleNamed } from '../../src/rules/registry.js'
import { compile } from '../../src/runtime/compile.node.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, lines, numbersOf } from '../train/fixtures.js'

const data = lines(203)
const rule = ruleNamed('forward-forward')!
const own = {
  rule,
  hyper: { units: [12, 10, 8], negatives: 'uniform' },
  options: { epochs: 15, batch: 10, threads: 1 },
  data,
}
const times = { beat: 10, silence: 100 }

/** The machine of a worker is gone: nothing that it begins from now on happens. */
class Killed extends Error {}

/** A connection that dies with its process after so many operations. */
function mortal(inner: Transport, operations: number): Transport {
  let left = operations
  const alive =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (left-- <= 0) throw new Killed()
      return await work(...args)
    }
  const streamOf = (stream: Stream): Stream => ({
    ...stream,
    publish: alive(stream.publish),
    last: alive(stream.last),
    purge: alive(stream.purge),
  })
  const { values, objects } = inner
  return {
    ...inner,
    values: { ...values, get: alive(values.get), put: alive(values.put) },
    objects: { ...objects, put: alive(objects.put), get: alive(objects.get) },
    stream: alive(async (name, limits) => streamOf(await inner.stream(name, limits))),
  }
}

/** Workers of which those of each stage are killed in turn, after so many operations each. */
const dying =
  (connect: () => Transport, given: WorkerGiven, lives: readonly number[], killed: () => void) =>
  async (run: string, { stages }: Manifest, signal: AbortSignal): Promise<void> => {
    await Promise.all(
      stages.map(async (_, stage) => {
        for (let life = 0; ; life++) {
          const operations = lives[life] === undefined ? Number.POSITIVE_INFINITY : lives[life]! + 7 * stage
          try {
            await oneWorker(mortal(connect(), operations), { run, stage, holder: `${stage} ${life}`, signal }, given)
            return
          } catch (error) {
            if (!(error instanceof Killed)) throw error
            killed()
          }
        }
      }),
    )
  }

test('workers that are killed at any moment leave the bits of a training without a crash', async () => {
  const wanted = keeper()
  await collect(train({ ...own, platform: { compile, saveCheckpoint: wanted.saveCheckpoint } }))
  for (const lives of [
    [12, 30, 45],
    [40, 20, 61, 9],
  ]) {
    const engine = memoryEngine()
    const kept = keeper()
    let kills = 0
    const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
    const start = dying(engine.connect, { rule, data, platform, times }, lives, () => kills++)
    await collect(trainPipeline({ ...own, platform, transport: engine.connect(), start }))
    assert.ok(kills >= 7, `${kills} kills`)
    assert.deepEqual(numbersOf(kept.last()), numbersOf(wanted.last()))
  }
})

test('a worker that was taken for dead can neither hand up nor keep anything', async () => {
  const engine = memoryEngine()
  const transport = engine.connect()
  const { signal } = new AbortController()
  const keys = keysOf('zombie')
  const limits = { subjects: ['zombie.edge.>'], mostPerSubject: 9, mostBytes: 1e6, mostMessageBytes: 1e6 }
  const stream = await transport.stream(keys.stream, limits)
  const message = (chunk: number) =>
    encodeHanded(keys.edge(1), [{ name: 'v', dtype: 'float32', shape: [1] }], 1, {
      chunk,
      isLast: false,
      values: { v: new Float32Array(1) },
    })
  const first = (await takeLease(transport.values, keys.lease(0), { holder: 'first' }, signal, {
    beat: 1e6,
    silence: 50,
  }))!
  const outlet = await openOutlet(stream, keys.edge(1), first)
  await outlet.publish(message(1))
  const second = (await takeLease(transport.values, keys.lease(0), { holder: 'second' }, signal, {
    beat: 10,
    silence: 50,
  }))!
  assert.equal(second.epoch, first.epoch + 1)
  const other = await openOutlet(stream, keys.edge(1), second)
  await other.publish(message(2))
  await assert.rejects(outlet.publish(message(2)), FencedError)
  await assert.rejects(first.check(), FencedError)
  await other.publish(message(3))
  assert.deepEqual([other.chunk, (await stream.last(keys.edge(1)))!.headers['onward-chunk']], [3, '3'])
  await first.release()
  await second.check()
  await second.release()
})

test('a lease is not taken while its holder lives, and at once where it is known to be dead', async () => {
  const { values } = memoryEngine().connect()
  const lives = { beat: 10, silence: 150 }
  const first = (await takeLease(values, 'lease', { holder: 'first' }, AbortSignal.timeout(1e5), lives))!
  assert.equal(await takeLease(values, 'lease', { holder: 'second' }, AbortSignal.timeout(400), lives), undefined)
  const patient = { beat: 10, silence: 1e6 }
  const third = await takeLease(values, 'lease', { holder: 'third', dead: 'first' }, AbortSignal.timeout(1e5), patient)
  assert.equal(third!.epoch, first.epoch + 1)
  await new Promise((resolve) => first.lost.addEventListener('abort', resolve))
  assert.ok(first.lost.reason instanceof FencedError)
  await third!.release()
})
