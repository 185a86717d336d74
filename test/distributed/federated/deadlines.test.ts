// Rounds whose clients are slow, late or gone, by a clock that only waiting moves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as breath } from 'node:timers/promises'
import { type Learner, takePart } from '../../../src/distributed/federated/client/client.js'
import { type Clock, systemClock } from '../../../src/distributed/federated/clock.js'
import type { CoordinatorConfig, CoordinatorEvent } from '../../../src/distributed/federated/round/config.js'
import { coordinate } from '../../../src/distributed/federated/round/coordinator.js'
import { encodeJoin } from '../../../src/distributed/federated/round/open.js'
import { type RoundState, readRound } from '../../../src/distributed/federated/round/state.js'
import { joinStream, uploadStream } from '../../../src/distributed/federated/round/streams.js'
import { sendParts } from '../../../src/distributed/federated/wire/parts.js'
import { deltaTensors, encodeUpload } from '../../../src/distributed/federated/wire/upload.js'
import { memoryEngine } from '../../../src/distributed/memory.js'
import type { Stream, Transport } from '../../../src/distributed/transport.js'
import { UserError } from '../../../src/errors.js'
import { stream } from '../../../src/random/stream.js'
import { configOf, deltaFrom, LAYOUT, learnTurns, names, plainLearner, workOf } from './fixtures.js'

const POLL = 100
const TURNS = 3

function fakeClock(): Clock {
  let now = 0
  return {
    now: () => now,
    async sleep(milliseconds) {
      await breath()
      now += milliseconds
    },
  }
}

/** A client's upload for the round that runs, or an earlier one. */
async function upload(config: CoordinatorConfig, { round, turn, model }: RoundState, client: string): Promise<void> {
  const random = stream(0, round, client)
  const tensors = deltaTensors(LAYOUT, deltaFrom(client, turn), 32, { missing: new Map(), random })
  const claims = { run: config.run, client, round, model, samples: 10, fetched: 0 }
  const uploads = await uploadStream(config.transport, round, { clients: config.clients.length, most: 10_000 })
  await sendParts(uploads, round, client, encodeUpload(claims, tensors))
}

type ToldEvent = Exclude<CoordinatorEvent, { event: 'waiting' }>

/**
 * Rounds over clients that take 10 s by their own word; at every look `act` is told of the round and the seconds since its
 * begin, and answers for clients.
 */
async function rounds(
  {
    here = [],
    ...more
  }: Partial<CoordinatorConfig> & {
    readonly clients: readonly string[]
    /** Clients that come by themselves. */
    readonly here?: readonly string[]
  },
  act: (state: RoundState, elapsed: number, send: (client: string) => Promise<void>) => Promise<void>,
): Promise<{ events: ToldEvent[]; seconds: number[] }> {
  const clock = fakeClock()
  const { transport = memoryEngine().connect() } = more
  const work = workOf({ turns: learnTurns(TURNS) })
  const config = configOf(transport, { patient: false, clock, poll: POLL, work, ...more })
  const joins = await joinStream(transport, config.clients.length)
  for (const client of config.clients.filter((name) => !here.includes(name)))
    await joins.publish({
      subject: `up.0.join.${client}`,
      headers: {},
      payload: encodeJoin({ samples: 10, seconds: 10 }),
    })
  const events: ToldEvent[] = []
  const seconds: number[] = []
  const sent = new Set<string>()
  let begin = 0
  for await (const event of coordinate(config)) {
    if (event.event === 'round') begin = clock.now()
    if (event.event === 'published' || event.event === 'failed') seconds.push((clock.now() - begin) / 1000)
    if (event.event !== 'waiting') events.push(event)
    const { state } = (await readRound(transport))!
    if (event.event !== 'waiting' || state.phase !== 'collecting') continue
    await act(state, (clock.now() - begin) / 1000, async (client) => {
      if (sent.has(`${state.round} ${client}`) || !state.selected.includes(client)) return
      sent.add(`${state.round} ${client}`)
      await upload(config, state, client)
    })
  }
  return { events, seconds }
}

const ofKind = <K extends ToldEvent['event']>(events: readonly ToldEvent[], kind: K) =>
  events.filter((event): event is Extract<ToldEvent, { event: K }> => event.event === kind)

test('30 % more than wanted are asked; once enough have answered, the others have half as long again', async () => {
  const quick = new Set(names(20).slice(0, 17))
  const { events, seconds } = await rounds({ clients: names(20), wanted: 10 }, async (state, elapsed, send) => {
    for (const client of state.selected) if (quick.has(client) && elapsed >= 10) await send(client)
  })
  for (const { asked } of ofKind(events, 'round')) assert.equal(asked.length, 13)
  for (const { accepted, asked } of ofKind(events, 'published')) {
    assert.ok(accepted.length >= 10 && accepted.every((client) => quick.has(client)))
    assert.equal(asked, 13)
  }
  for (const [k, own] of seconds.entries()) {
    const all = ofKind(events, 'published')[k]!.accepted.length === 13
    assert.ok(all ? own < 11 : own > 14.9 && own < 16, `${own}`)
  }
  // At least one of the rounds asked somebody who never answers.
  assert.ok(seconds.some((own) => own > 14))
})

test('uploads that lie there when a coordinator takes over say nothing of how long clients take', async () => {
  const transport = memoryEngine().connect()
  const clients = names(4)
  const stopped = new AbortController()
  const first = await rounds({ clients, transport, signal: stopped.signal }, async (state, _, send) => {
    for (const client of state.selected) await send(client)
    stopped.abort()
  })
  assert.deepEqual(ofKind(first.events, 'published'), [])
  const { events } = await rounds({ clients, here: clients, transport }, async (state, elapsed, send) => {
    for (const client of state.selected) if (elapsed >= 10) await send(client)
  })
  assert.deepEqual(ofKind(events, 'failed'), [])
  assert.equal(ofKind(events, 'published').length, TURNS)
})

test('who missed two rounds in a row is asked last', async () => {
  const { events } = await rounds({ clients: names(5), wanted: 3 }, async (state, _, send) => {
    for (const client of state.selected) if (client !== 'client-0') await send(client)
  })
  const asked = ofKind(events, 'round').map((round) => round.asked.includes('client-0'))
  assert.ok(asked.filter(Boolean).length <= 2, `${asked}`)
})

/** A client whose first model, lesson or upload has to wait for `until`. */
function slowClient(connect: () => Transport, what: 'fetches' | 'learns' | 'sends', until: Promise<void>) {
  let isFirst = true
  const first = async (own: string): Promise<void> => {
    if (own !== what || !isFirst) return
    isFirst = false
    await until
  }
  const [transport, learner] = [connect(), plainLearner('client-3')]
  const slow: Transport = {
    ...transport,
    objects: {
      ...transport.objects,
      async get(name) {
        await first('fetches')
        return await transport.objects.get(name)
      },
    },
    async stream(name, limits) {
      const own = await transport.stream(name, limits)
      const publish: Stream['publish'] = async (message, after) => {
        if (message.subject.startsWith('up.1.update.')) await first('sends')
        return await own.publish(message, after)
      }
      return { ...own, publish }
    },
  }
  const learn: Learner['learn'] = async (...given) => {
    await first('learns')
    return await learner.learn(...given)
  }
  return { transport: slow, learner: { ...learner, learn }, isHeldUp: () => !isFirst }
}

for (const what of ['fetches', 'learns', 'sends'] as const)
  test(`a client that still ${what} when the round is over drops it, and takes part in the next one`, async () => {
    const engine = memoryEngine()
    const transport = engine.connect()
    const [clients, end] = [names(4), new AbortController()]
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const { isHeldUp, ...slow } = slowClient(engine.connect, what, released)
    const late = takePart({
      ...{ ...slow, run: 'run', client: 'client-3', clients: clients.length },
      ...{ clock: systemClock, poll: 1, signal: end.signal },
    })
    const own = rounds({ clients, transport, here: ['client-3'] }, async (state, elapsed, send) => {
      if (elapsed < 5) return
      for (const client of clients.slice(0, state.round === 1 ? 3 : 2)) await send(client)
      if (state.round === 1) return
      assert.ok(isHeldUp())
      release()
      const uploads = await uploadStream(transport, state.round, { clients: 4, most: 10_000 })
      for (let looks = 0; !(await uploads.last(`up.${state.round}.update.client-3.0`)); looks++) {
        assert.ok(looks < 10_000, 'the client sends nothing for the second round')
        await breath()
      }
    })
    const { events } = await own.finally(() => end.abort())
    await late
    const accepted = ofKind(events, 'published').map((own) => [own.round, own.accepted.includes('client-3')])
    assert.deepEqual(accepted.slice(0, 2), [
      [1, false],
      [2, true],
    ])
    assert.deepEqual(ofKind(events, 'refused'), [])
  })

test('below the quorum a round closes at its deadline with half of the answers, and fails later with fewer', async () => {
  const half = await rounds({ clients: names(8), wanted: 8 }, async (state, elapsed, send) => {
    for (const client of state.selected.slice(0, 4)) if (elapsed >= 5) await send(client)
  })
  // Of clients that say 10 s the first deadline is 4 (10 + 4 10 / 4).
  assert.ok(Math.abs(half.seconds[0]! - 80) < 1, `${half.seconds}`)
  // All took 5 s: the next one is 5 + 4 5 / 4.
  assert.ok(Math.abs(half.seconds[1]! - 10) < 1, `${half.seconds}`)
  const few = rounds({ clients: names(8), wanted: 8 }, async (state, _, send) => {
    for (const client of state.selected.slice(0, 3)) await send(client)
  })
  await assert.rejects(
    few,
    (error) => error instanceof UserError && /5 rounds of turn 1 failed.*3 answers/.test(error.message),
  )
})

test('each round of a turn that failed gives the next one twice the time', async () => {
  const { seconds } = await rounds({ clients: names(4) }, async (state, _, send) => {
    if (state.round > 2) for (const client of state.selected) await send(client)
  })
  const [first, second] = seconds as [number, number]
  assert.ok(Math.abs(second / first - 2) < 0.05, `${seconds}`)
})

test('a round that failed is made again with another number and the same turn', async () => {
  const { events } = await rounds({ clients: names(4) }, async (state, _, send) => {
    if (state.round > 1) for (const client of state.selected) await send(client)
  })
  assert.deepEqual(
    ofKind(events, 'failed').map(({ round, turn }) => [round, turn]),
    [[1, 0]],
  )
  assert.deepEqual(
    ofKind(events, 'published').map(({ round, turn }) => [round, turn]),
    [
      [2, 1],
      [3, 2],
      [4, 3],
    ],
  )
})
