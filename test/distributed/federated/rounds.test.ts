// The rounds by themselves, with clients that learn numbers out of nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { average } from '../../../src/distributed/federated/aggregate/mean.js'
import { flattened } from '../../../src/distributed/federated/layout.js'
import { objectCache } from '../../../src/distributed/federated/model.js'
import { NAMES } from '../../../src/distributed/federated/names.js'
import { coordinate } from '../../../src/distributed/federated/round/coordinator.js'
import { readRound, writeRound } from '../../../src/distributed/federated/round/state.js'
import { uploadStream } from '../../../src/distributed/federated/round/streams.js'
import type { Work } from '../../../src/distributed/federated/round/work.js'
import { memoryEngine } from '../../../src/distributed/memory.js'
import { ConflictError, FullError, type Transport } from '../../../src/distributed/transport.js'
import { UserError } from '../../../src/errors.js'
import {
  clientsOf,
  collected,
  configOf,
  deltaFrom,
  LAYOUT,
  learnTurns,
  names,
  plainLearner,
  wholeRun,
  workOf,
} from './fixtures.js'

test('three rounds give the sums of the means of what clients learn, and each model says what it is made of', async () => {
  const { engine, models, events } = await wholeRun()
  assert.equal(new Set(models).size, 3)
  assert.deepEqual(
    events.map(({ event }) => event).filter((event) => event !== 'update' && event !== 'waiting'),
    ['round', 'published', 'round', 'published', 'round', 'published'],
  )
  const objects = objectCache(engine.connect(), 'run')
  const wanted = new Float32Array(22)
  for (let turn = 0; turn < 3; turn++) {
    const updates = names(4).map((client) => {
      const delta = deltaFrom(client, turn).map((value, i) => value + 0.1 * wanted[i % 12]!)
      return { client, delta, samples: 108 }
    })
    const step = average(updates)
    for (let i = 0; i < 22; i++) wanted[i]! += step[i]!
  }
  const made = flattened(LAYOUT, await objects.tensors(models[2]!))
  assert.deepEqual([...made], [...wanted])
  const { round, turn, before, inputs, rule } = await objects.model(models[2]!)
  assert.deepEqual({ round, turn, before, rule }, { round: 3, turn: 3, before: models[1], rule: 'mean' })
  assert.deepEqual(
    inputs.map(({ client, samples }) => [client, samples]),
    names(4).map((client) => [client, 108]),
  )
})

test('a hash is never used again, even of a model that is the same', async () => {
  const still = (client: string) => plainLearner(client, (delta) => delta.fill(0))
  const { engine, models } = await wholeRun({}, still)
  assert.equal(new Set(models).size, 3)
  const blocks = await Promise.all(
    models.slice(1).map(async (hash) => (await objectCache(engine.connect(), 'run').model(hash)).blocks),
  )
  assert.deepEqual(blocks[0], blocks[1])
})

/** A transport whose owner dies at its n-th call. */
function dying(transport: Transport, most: number): Transport {
  let left = most
  const counted =
    <A extends unknown[], R>(call: (...given: A) => R) =>
    (...given: A): R => {
      if (left-- <= 0) throw new Error('killed')
      return call(...given)
    }
  const { values, objects } = transport
  return {
    ...transport,
    values: { ...values, get: counted(values.get), put: counted(values.put) },
    objects: { get: counted(objects.get), put: counted(objects.put), delete: counted(objects.delete) },
    async stream(name, limits) {
      const own = await transport.stream(name, limits)
      return { ...own, last: counted(own.last), delete: counted(own.delete) }
    },
  }
}

test('a coordinator that is killed at any of its calls is replaced, and the models are the same', async () => {
  const { models: wanted } = await wholeRun()
  let kills = 0
  for (let calls = 0; ; calls += 1 + Math.floor(calls / 8)) {
    const engine = memoryEngine()
    const config = configOf(engine.connect())
    const end = new AbortController()
    const clients = clientsOf(engine.connect, config, end.signal)
    let isKilled = false
    try {
      for await (const _ of coordinate({ ...config, transport: dying(engine.connect(), calls) }));
    } catch (error) {
      assert.equal((error as Error).message, 'killed')
      isKilled = true
      kills++
    }
    // One that stood by takes the lease over at once here: its clock runs ahead.
    let now = 0
    const clock = { ...config.clock, now: () => (now += 4000) }
    await collected(coordinate({ ...config, transport: engine.connect(), holder: 'second', clock }))
    const last = (await readRound(engine.connect()))!.state
    assert.equal(last.phase, 'done')
    assert.equal(last.model, wanted[2], `killed after ${calls} calls`)
    end.abort()
    await clients
    if (!isKilled) break
  }
  assert.ok(kills > 15, `${kills}`)
})

test('two coordinators at a time make the same models', async () => {
  const { models: wanted } = await wholeRun()
  const engine = memoryEngine()
  const config = configOf(engine.connect())
  const end = new AbortController()
  const clients = clientsOf(engine.connect, config, end.signal)
  // Both hold the lease whenever they look: nothing but compare-and-set keeps them apart.
  let now = 0
  const clock = { ...config.clock, now: () => (now += 4000) }
  const both = ['first', 'second'].map((holder) =>
    collected(coordinate({ ...config, transport: engine.connect(), holder, clock })),
  )
  await Promise.all(both)
  assert.equal((await readRound(engine.connect()))!.state.model, wanted[2])
  end.abort()
  await clients
})

test('what two coordinators write after the same look is written once', async () => {
  const { engine } = await wholeRun()
  const [first, second] = [engine.connect(), engine.connect()]
  const { state, revision } = (await readRound(first))!
  await writeRound(first, { ...state, failed: 1 }, revision)
  await assert.rejects(writeRound(second, { ...state, failed: 2 }, revision), ConflictError)
  assert.equal((await readRound(second))!.state.failed, 1)
})

test('lost hints cost nothing but time', async () => {
  const { models: wanted } = await wholeRun()
  const engine = memoryEngine()
  const deaf = (): Transport => ({ ...engine.connect(), hint() {} })
  const config = configOf(deaf())
  const end = new AbortController()
  const clients = clientsOf(deaf, config, end.signal)
  const events = await collected(coordinate(config))
  assert.deepEqual(
    events.flatMap((event) => (event.event === 'published' ? [event.model] : [])),
    wanted,
  )
  end.abort()
  await clients
})

test('a round that is over leaves no stream, and of its models the last two', async () => {
  const { engine, models, config } = await wholeRun({ work: workOf({ turns: learnTurns(5) }) })
  const transport = engine.connect()
  for (const round of [1, 2, 3, 4, 5]) {
    const stream = await uploadStream(transport, round, { clients: 4, most: 1000 })
    for (const client of config.clients) assert.equal(await stream.last(NAMES.upload(round, client, 0)), undefined)
  }
  const there = await Promise.all(models.map((hash) => transport.objects.get(NAMES.object(hash))))
  assert.deepEqual(
    there.map((bytes) => bytes !== undefined),
    [false, false, false, true, true],
  )
})

test('an engine without room for a while costs time, and no upload', async () => {
  const { models: wanted } = await wholeRun()
  const engine = memoryEngine()
  const refused = new Set<string>()
  /** Refuses each message once, as a full disk does. */
  const full = (): Transport => {
    const own = engine.connect()
    return {
      ...own,
      async stream(...given) {
        const stream = await own.stream(...given)
        return {
          ...stream,
          async publish(message, after) {
            if (refused.has(message.subject)) return await stream.publish(message, after)
            refused.add(message.subject)
            throw new FullError('no room')
          },
        }
      },
    }
  }
  const config = configOf(engine.connect())
  const end = new AbortController()
  const clients = clientsOf(full, config, end.signal)
  const events = await collected(coordinate(config))
  end.abort()
  await clients
  assert.deepEqual(
    events.flatMap((event) => (event.event === 'published' ? [event.model] : [])),
    wanted,
  )
  assert.ok(refused.size > 12, `${refused.size}`)
})

test('what goes wrong with the engine is no fault of a client', async () => {
  const engine = memoryEngine()
  const config = configOf(engine.connect())
  const end = new AbortController()
  const clients = clientsOf(engine.connect, config, end.signal)
  let failures = 1
  const failing: Transport = {
    ...config.transport,
    async stream(...given) {
      const stream = await config.transport.stream(...given)
      const last = async (subject: string) => {
        if (subject.includes('.update.') && failures-- > 0) throw new Error('the broker does not answer')
        return await stream.last(subject)
      }
      return { ...stream, last }
    },
  }
  const events: string[] = []
  const all = async (): Promise<void> => {
    for await (const { event } of coordinate({ ...config, transport: failing })) events.push(event)
  }
  await assert.rejects(all(), /the broker does not answer/)
  assert.ok(!events.includes('refused'))
  end.abort()
  await clients
})

test('a round whose uploads cannot be merged fails and is made again, and after some the reason is told', async () => {
  const own = workOf({ turns: learnTurns(1) })
  const failing = (times: number) => ({
    ...own,
    merge(...given: Parameters<typeof own.merge>) {
      if (times-- > 0) throw new UserError('Krum needs 5 updates')
      return own.merge(...given)
    },
  })
  const { events, engine } = await wholeRun({ work: failing(2) })
  const kinds = events.map(({ event }) => event).filter((event) => event === 'failed' || event === 'published')
  assert.deepEqual(kinds, ['failed', 'failed', 'published'])
  const objects = objectCache(engine.connect(), 'run')
  const { model } = (await readRound(engine.connect()))!.state
  assert.equal((await objects.model(model)).round, 3)
  await assert.rejects(
    wholeRun({ work: failing(99) }),
    (error) =>
      error instanceof UserError && /5 rounds of turn 1 failed.*Of the last one: Krum needs 5/.test(error.message),
  )
})

test('a run that ended since its uploads could not be merged goes on with a new round', async () => {
  const work = workOf({ turns: learnTurns(1) })
  const engine = memoryEngine()
  const config = configOf(engine.connect(), { work })
  const end = new AbortController()
  const clients = clientsOf(engine.connect, config, end.signal)
  let merges = 0
  const failing: Work = {
    ...work,
    merge() {
      merges++
      throw new UserError('sums of no samples')
    },
  }
  await assert.rejects(collected(coordinate({ ...config, work: failing })), /5 rounds of turn 1 failed.*with --resume/)
  assert.equal(merges, 5)
  const { phase, round, failed, accepted } = (await readRound(engine.connect()))!.state
  assert.deepEqual({ phase, round, failed, accepted }, { phase: 'open', round: 6, failed: 0, accepted: [] })
  const rounds = (await collected(coordinate(config))).flatMap((own) => (own.event === 'published' ? [own.round] : []))
  assert.deepEqual(rounds, [6])
  end.abort()
  await clients
})

test('a round of which the server lost an upload fails and is made again', async () => {
  const work = workOf({ turns: learnTurns(1) })
  const whole = await wholeRun({ work })
  const engine = memoryEngine()
  const config = configOf(engine.connect(), { work })
  const end = new AbortController()
  const clients = clientsOf(engine.connect, config, end.signal)
  /** Has lost an upload of the first round when it is to be merged. */
  const forgetting: Transport = {
    ...config.transport,
    async stream(...given) {
      const stream = await config.transport.stream(...given)
      const last: typeof stream.last = async (subject) => {
        const isMerging = (await readRound(config.transport))?.state.phase === 'aggregating'
        return isMerging && subject.startsWith('up.1.update.client-2.') ? undefined : await stream.last(subject)
      }
      return { ...stream, last }
    },
  }
  const events = await collected(coordinate({ ...config, transport: forgetting }))
  end.abort()
  await clients
  const told = events.flatMap((own) =>
    own.event === 'failed' || own.event === 'published' ? [[own.event, own.round]] : [],
  )
  assert.deepEqual(told, [
    ['failed', 1],
    ['published', 2],
  ])
  const blocksOf = async (own: typeof engine, hash: string) =>
    (await objectCache(own.connect(), 'run').model(hash)).blocks
  const { model } = (await readRound(engine.connect()))!.state
  assert.deepEqual(await blocksOf(engine, model), await blocksOf(whole.engine, whole.models[0]!))
})
