import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConflictError,
  FullError,
  LostError,
  type Message,
  type Stream,
  TakenError,
  type Transport,
} from '../../src/distributed/transport.js'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const plain = (subject: string, payload = bytes(1)): Omit<Message, 'sequence'> => ({ subject, headers: {}, payload })
const LIMITS = { mostPerSubject: 100, mostBytes: 2 ** 24, mostMessageBytes: 2 ** 20 }

/** So many messages of a subject, after a sequence. */
async function take(stream: Stream, subject: string, after: number, count: number): Promise<Message[]> {
  const [taken, enough] = [[] as Message[], new AbortController()]
  for await (const message of stream.read(subject, after, enough.signal))
    if (taken.push(message) === count) enough.abort()
  return taken
}

/** What every engine promises. `connect` gives a new connection to one and the same store. */
export function contract(engine: string, connect: () => Promise<Transport>): void {
  let made = 0
  const fresh = (): string => `own${++made}`
  const told = (what: string, action: (transport: Transport) => Promise<void>): void => {
    test(`${engine}: ${what}`, async () => {
      const transport = await connect()
      try {
        await action(transport)
      } finally {
        await transport.close()
      }
    })
  }

  told('a value changes by compare-and-set alone', async ({ values }) => {
    const key = fresh()
    assert.equal(await values.get(key), undefined)
    await assert.rejects(values.put(key, bytes(1), 7), ConflictError)
    const first = await values.put(key, bytes(1), 0)
    await assert.rejects(values.put(key, bytes(2), 0), ConflictError)
    const second = await values.put(key, bytes(3), first)
    assert.ok(second > first)
    await assert.rejects(values.put(key, bytes(4), first), ConflictError)
    assert.deepEqual(await values.get(key), { value: bytes(3), revision: second })
  })

  told('of several that race for a value one wins, each time', async ({ values }) => {
    const others = await Promise.all(Array.from({ length: 4 }, connect))
    const key = fresh()
    for (let revision = 0, round = 0; round < 5; round++) {
      const tries = await Promise.allSettled(others.map((other, i) => other.values.put(key, bytes(round, i), revision)))
      const winners = tries.flatMap((one, i) => (one.status === 'fulfilled' ? [{ i, revision: one.value }] : []))
      assert.equal(winners.length, 1)
      for (const one of tries) if (one.status === 'rejected') assert.ok(one.reason instanceof ConflictError)
      revision = winners[0]!.revision
      assert.deepEqual(await values.get(key), { value: bytes(round, winners[0]!.i), revision })
    }
    for (const other of others) await other.close()
  })

  told('keys are found by the words that they begin with', async ({ values }) => {
    const prefix = fresh()
    assert.deepEqual(await values.keys(prefix), [])
    for (const key of [`${prefix}.b.2`, `${prefix}.a`, `${prefix}s.a`]) await values.put(key, bytes(1), 0)
    assert.deepEqual(await values.keys(prefix), [`${prefix}.a`, `${prefix}.b.2`])
  })

  told('an object is there whole, replaced whole, or gone', async ({ objects }) => {
    const name = `${fresh()}.state`
    assert.equal(await objects.get(name), undefined)
    await objects.delete(name)
    for (const length of [0, 1, 2 ** 20, 3 * 2 ** 20 + 5]) {
      const whole = Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 12))
      await objects.put(name, whole)
      const got = await objects.get(name)
      assert.ok(got && Buffer.from(got).equals(whole), `${length} bytes`)
    }
    await objects.delete(name)
    assert.equal(await objects.get(name), undefined)
  })

  told(
    'messages come in order, from any place on, each subject for itself or several by a pattern',
    async (transport) => {
      const stream = await transport.stream(fresh(), own('x'))
      const again = await (await connect()).stream(`own${made}`, own('x'))
      const sent: number[] = []
      for (let i = 0; i < 12; i++) sent.push(await stream.publish(plain(`x.${'abc'[i % 3]}`, bytes(i))))
      assert.deepEqual(
        sent,
        sent.toSorted((a, b) => a - b),
      )
      const seen = async (subject: string, after: number, count: number): Promise<number[]> =>
        (await take(again, subject, after, count)).map(({ payload }) => payload[0]!)
      assert.deepEqual(await seen('x.a', 0, 4), [0, 3, 6, 9])
      assert.deepEqual(await seen('x.b', sent[4]!, 2), [7, 10])
      assert.deepEqual(
        await seen('x.>', 0, 12),
        Array.from({ length: 12 }, (_, i) => i),
      )
      const [later] = await Promise.all([take(again, 'x.d', 0, 1), stream.publish(plain('x.d', bytes(99)))])
      assert.deepEqual([later[0]!.subject, later[0]!.payload], ['x.d', bytes(99)])
      assert.deepEqual((await stream.last('x.c'))?.payload, bytes(11))
      assert.equal(await stream.last('x.e'), undefined)
    },
  )

  told('a message arrives as it was sent, in memory that any array of numbers can view', async (transport) => {
    const stream = await transport.stream(fresh(), own('h'))
    const floats = Float32Array.from({ length: 1000 }, (_, i) => i / 3)
    for (let i = 1; i < 9; i++) {
      const payload = new Uint8Array(floats.slice().buffer)
      await stream.publish({ subject: 'h.a', headers: { step: 'x'.repeat(i), source: 'é' }, payload })
      payload.fill(0)
    }
    const taken = await take(stream, 'h.a', 0, 8)
    for (const { headers, payload } of [...taken, (await stream.last('h.a'))!]) {
      assert.deepEqual(new Float32Array(payload.buffer, payload.byteOffset, payload.length / 4), floats)
      assert.equal(headers.source, 'é')
    }
    assert.deepEqual(
      taken.map(({ headers }) => headers.step!.length),
      [1, 2, 3, 4, 5, 6, 7, 8],
    )
  })

  told('the last sequence of a subject is a fence', async (transport) => {
    const stream = await transport.stream(fresh(), own('f'))
    const first = await stream.publish(plain('f.a'), 0)
    await assert.rejects(stream.publish(plain('f.a'), 0), ConflictError)
    await stream.publish(plain('f.b'), 0)
    const second = await stream.publish(plain('f.a', bytes(2)), first)
    await assert.rejects(stream.publish(plain('f.a'), first), ConflictError)
    await stream.purge('f.a', second)
    assert.deepEqual((await take(stream, 'f.a', 0, 1))[0]!.payload, bytes(2))
    await stream.publish(plain('f.a'), second)
  })

  told('of several that write after the same message one is stored', async (transport) => {
    const name = fresh()
    const streams = await Promise.all(Array.from({ length: 4 }, async () => (await connect()).stream(name, own('r'))))
    for (let last = 0, round = 0; round < 5; round++) {
      const tries = await Promise.allSettled(streams.map((stream, i) => stream.publish(plain('r.a', bytes(i)), last)))
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
      last = (await (await transport.stream(name, own('r'))).last('r.a'))!.sequence
    }
  })

  told('a full subject refuses, and goes on when some were purged', async (transport) => {
    const stream = await transport.stream(fresh(), { ...own('q'), mostPerSubject: 3 })
    for (let i = 0; i < 3; i++) await stream.publish(plain('q.a', bytes(i)))
    await assert.rejects(stream.publish(plain('q.a')), TakenError)
    await stream.publish(plain('q.b'))
    await stream.purge('q.>', (await stream.last('q.a'))!.sequence)
    await stream.publish(plain('q.a', bytes(9)))
    assert.deepEqual(
      (await take(stream, 'q.a', 0, 2)).map(({ payload }) => payload[0]),
      [2, 9],
    )
  })

  told('a purge below the first message of a stream takes none', async (transport) => {
    const stream = await transport.stream(fresh(), own('first'))
    for (let i = 0; i < 3; i++) await stream.publish(plain('first.a', bytes(i)))
    await stream.purge('first.a', 1)
    assert.equal((await take(stream, 'first.a', 0, 3)).length, 3)
  })

  told('a full stream refuses, and goes on when some were purged', async (transport) => {
    const stream = await transport.stream(fresh(), { ...own('w'), mostBytes: 2 ** 16 })
    let stored = 0
    const fill = async (): Promise<void> => {
      for (; stored < 100; stored++) await stream.publish(plain('w.a', new Uint8Array(2 ** 13)))
    }
    const isRoomless = (error: unknown): boolean => error instanceof FullError && !(error instanceof TakenError)
    await assert.rejects(fill(), isRoomless)
    assert.ok(stored >= 6 && stored <= 8, `${stored} messages`)
    await stream.purge('w.a', (await stream.last('w.a'))!.sequence)
    await stream.publish(plain('w.a', new Uint8Array(2 ** 13)))
  })

  told('what a stream does not take is refused', async (transport) => {
    const stream = await transport.stream(fresh(), { ...own('z'), mostMessageBytes: 100 })
    await assert.rejects(stream.publish(plain('other')), /belongs to no subject/)
    await assert.rejects(stream.publish(plain('z.a', new Uint8Array(101))), /101 bytes is larger than the 100 allowed/)
  })

  told('a stream that was deleted begins anew', async (transport) => {
    const name = fresh()
    const stream = await transport.stream(name, own('y'))
    await stream.publish(plain('y.a'), 0)
    await stream.delete()
    const next = await transport.stream(name, own('y'))
    assert.equal(await next.last('y.a'), undefined)
    assert.equal(await next.publish(plain('y.a'), 0), 1)
  })

  told('a reader is told where messages that it has read are lost', async (transport) => {
    const stream = await transport.stream(fresh(), own('l'))
    await stream.publish(plain('l.a'))
    await assert.rejects(take(stream, 'l.a', 5, 1), LostError)
  })

  told('hints reach who listens, and nobody else', async (transport) => {
    const [all, one, end] = [[] as string[], [] as string[], new AbortController()]
    const other = await connect()
    const subject = fresh()
    const listen = async (pattern: string, heard: string[]): Promise<void> => {
      for await (const hint of other.hints(pattern, end.signal)) heard.push(`${hint.subject} ${hint.payload.join()}`)
    }
    const listening = [listen(`${subject}.>`, all), listen(`${subject}.b`, one)]
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const word of ['a', 'b']) transport.hint(`${subject}.${word}`, bytes(word === 'a' ? 1 : 2))
    while (all.length < 2 || one.length < 1) await new Promise((resolve) => setTimeout(resolve, 10))
    end.abort()
    await Promise.all(listening)
    assert.deepEqual([all, one], [[`${subject}.a 1`, `${subject}.b 2`], [`${subject}.b 2`]])
    await other.close()
  })

  const own = (word: string) => ({ ...LIMITS, subjects: [`${word}.>`] })
}
