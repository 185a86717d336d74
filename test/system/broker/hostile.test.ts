// What a client with valid credentials, and one without, can do beyond its own slot: nothing.
import assert from 'node:assert/strict'
import { connect as dial, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { fromSeed } from '@nats-io/nkeys'
import { connect, headers, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { type Credentials, makeCredentials, publicKeyOf } from '../../../src/distributed/credentials.node.js'
import { natsTransport } from '../../../src/distributed/nats.node.js'
import { FullError, type Stream, type StreamLimits } from '../../../src/distributed/transport.js'
import { testBroker, whyNot } from './start.js'

const CLIENTS = ['mallory', 'alice', 'bob']
const LIMITS: StreamLimits = {
  subjects: ['up.1.all.>'],
  mostPerSubject: 1,
  mostBytes: 2 ** 24,
  mostMessageBytes: 2 ** 16,
}
const slot = (id: string): string => `up.1.all.${id}`
const full = (subject: string): string => `onward.test.${subject}`
const text = (what: string): Uint8Array => new TextEncoder().encode(what)

/** The client as the protocol has it, without our own care. */
const raw = (url: string, { seed }: Credentials): Promise<NatsConnection> =>
  connect({ servers: url, authenticator: nkeyAuthenticator(text(seed)), reconnect: false })

/** A message may ask for an answer anywhere; this waits until the server has dealt with it. */
async function sent(core: NatsConnection, subject: string, payload: string, reply: string): Promise<void> {
  core.publish(subject, payload, { reply })
  await core.flush()
  await new Promise((resolve) => setTimeout(resolve, 100))
}

if (whyNot) test('hostile clients of a broker', { skip: whyNot }, () => {})
else {
  const { broker, end } = await testBroker({ clients: CLIENTS })
  const [mallory, alice, bob] = broker.clients as [Credentials, Credentials, Credentials]
  const coordinator = await natsTransport(broker.url, broker.workers[0]!)
  after(async () => {
    await coordinator.close()
    await end()
  })
  let round = 0
  /** A round of its own, as the coordinator and one client see it. */
  async function open(
    who: Credentials,
  ): Promise<{ stream: Stream; own: Stream; core: NatsConnection; close(): Promise<void> }> {
    const name = `uploads-${++round}`
    const stream = await coordinator.stream(name, LIMITS)
    const transport = await natsTransport(broker.url, who)
    const core = await raw(broker.url, who)
    const close = async (): Promise<void> => {
      await Promise.all([transport.close(), core.close()])
      await stream.delete()
    }
    return { stream, own: await transport.stream(name, LIMITS), core, close }
  }

  test('a client uploads once, to its own slot, and not too much', async () => {
    const { stream, own, core, close } = await open(mallory)
    await own.publish({ subject: slot('mallory'), headers: { a: '1' }, payload: text('mine') })
    await assert.rejects(own.publish({ subject: slot('mallory'), headers: {}, payload: text('again') }), FullError)
    await assert.rejects(
      own.publish({ subject: slot('alice'), headers: {}, payload: text('hers') }),
      /no right to publish/,
    )
    const answer = await core.request(full(`${slot('mallory')}.3`), new Uint8Array(2 ** 16 + 5000), { timeout: 5000 })
    assert.match(answer.string(), /"err_code":10054/)
    assert.equal((await stream.last(slot('mallory')))?.headers.a, '1')
    assert.equal(await stream.last(slot('alice')), undefined)
    await close()
  })

  test('answers that a client asks for elsewhere reach no other slot, no value and no stream', async () => {
    const { stream, core, close } = await open(mallory)
    const revision = await coordinator.values.put('round', text('open'), 0)
    await coordinator.values.put('other', text('closed'), 0)
    await sent(core, full(slot('mallory')), 'mine', full(slot('alice')))
    await sent(core, '$JS.API.DIRECT.GET.KV_onward_test.$KV.onward_test.other', '', '$KV.onward_test.round')
    await sent(core, full(`${slot('mallory')}.1`), 'mine', '$JS.API.STREAM.PURGE.onward_test_uploads-2')
    await sent(core, full(`${slot('mallory')}.2`), 'mine', '$JS.API.STREAM.DELETE.onward_test_uploads-2')
    assert.equal(await stream.last(slot('alice')), undefined)
    assert.deepEqual(await coordinator.values.get('round'), { value: text('open'), revision })
    for (const subject of [slot('mallory'), `${slot('mallory')}.1`, `${slot('mallory')}.2`])
      assert.deepEqual((await stream.last(subject))?.payload, text('mine'))
    await close()
  })

  test('a client may not purge, list, delete, make, read or listen', async () => {
    const { core, close } = await open(mallory)
    const stream = `onward_test_uploads-${round}`
    const asked = [
      `STREAM.PURGE.${stream}`,
      `STREAM.DELETE.${stream}`,
      `STREAM.INFO.${stream}`,
      `STREAM.MSG.GET.${stream}`,
      `STREAM.MSG.DELETE.${stream}`,
      `STREAM.CREATE.mine`,
      `STREAM.UPDATE.${stream}`,
      'STREAM.NAMES',
      'STREAM.LIST',
      `CONSUMER.CREATE.${stream}`,
      `CONSUMER.CREATE.OBJ_onward_test`,
      `DIRECT.GET.${stream}.${full(slot('alice'))}`,
      'INFO',
    ].map((name) => `$JS.API.${name}`)
    for (const subject of [...asked, '$KV.onward_test.round', '$O.onward_test.M.x', full('ctl'), full('alive.alice')])
      await assert.rejects(core.request(subject, '', { timeout: 1000 }), /Permissions Violation/i, subject)
    for (const subject of ['>', full('up.>'), full('alive.>'), '$JS.>']) {
      const subscription = core.subscribe(subject)
      await core.flush()
      assert.match(`${await subscription.closed}`, /Permissions Violation/i, subject)
    }
    await close()
  })

  test('who takes message ids that others might use keeps nobody out', async () => {
    const { core, close, stream } = await open(mallory)
    const victim = await natsTransport(broker.url, alice)
    const own = await victim.stream(`uploads-${round}`, LIMITS)
    for (const [part, id] of [slot('alice'), full(slot('alice')), 'test', '1', ''].entries()) {
      const taken = headers()
      taken.set('Nats-Msg-Id', id)
      await core.request(full(`${slot('mallory')}.${part}`), 'x', { headers: taken, timeout: 2000 })
    }
    await own.publish({ subject: slot('alice'), headers: { step: '1' }, payload: text('hers') })
    assert.deepEqual((await stream.last(slot('alice')))?.payload, text('hers'))
    await victim.close()
    await close()
  })

  test('a header that would take the place of other messages is refused; one that nobody can read harms nobody', async () => {
    const { stream, core, close } = await open(bob)
    const rolled = headers()
    rolled.set('Nats-Rollup', 'all')
    assert.match(
      (await core.request(full(slot('bob')), 'x', { headers: rolled, timeout: 2000 })).string(),
      /rollup not permitted/,
    )
    const socket = await signedOn(broker.url, bob)
    const bad = 'NATS/1.0 409 Consumer Deleted\r\nb@d key\u0001: x\r\n: y\r\n\r\n'
    socket.write(`HPUB ${full(slot('bob'))} ${bad.length} ${bad.length + 2}\r\n${bad}hi\r\nPING\r\n`)
    await answered(socket, /PONG/)
    const enough = new AbortController()
    for await (const { headers: read, payload } of stream.read('up.1.all.>', 0, enough.signal)) {
      assert.deepEqual([read, payload], [{}, text('hi')])
      enough.abort()
    }
    assert.deepEqual((await stream.last(slot('bob')))?.headers, {})
    socket.destroy()
    await close()
  })

  test('strangers, and messages that are larger than any may be, are cut off', async () => {
    await assert.rejects(
      natsTransport(broker.url, makeCredentials({ run: 'test', role: 'worker', id: 'eve' })),
      /could not connect to nats:.*refuses the credentials of eve/,
    )
    const socket = await signedOn(broker.url, bob)
    socket.write(`PUB ${full(slot('bob'))} 9000000\r\n`)
    await answered(socket, /Maximum Payload Violation/)
    const stranger = dialled(broker.url)
    stranger.write('CONNECT {}\r\nPUB a 1\r\nx\r\n')
    await answered(stranger, /Authorization Violation/)
  })
}

const dialled = (url: string): Socket => dial(Number(new URL(url).port), '127.0.0.1')

/** A connection by the bytes of the protocol, signed on with credentials. */
async function signedOn(url: string, credentials: Credentials): Promise<Socket> {
  const socket = dialled(url)
  const info = await answered(socket, /INFO (.*)\r\n/)
  const { nonce } = JSON.parse(/INFO (.*)\r\n/.exec(info)![1]!)
  const sig = Buffer.from(fromSeed(text(credentials.seed)).sign(text(nonce))).toString('base64url')
  socket.write(
    `CONNECT ${JSON.stringify({ nkey: publicKeyOf(credentials), sig, headers: true, verbose: false })}\r\nPING\r\n`,
  )
  await answered(socket, /PONG/)
  return socket
}

/** What comes, until it matches. */
async function answered(socket: Socket, what: RegExp): Promise<string> {
  let come = ''
  return new Promise((resolve, reject) => {
    const take = (data: Buffer): void => {
      come += data.toString('latin1')
      if (!what.test(come)) return
      socket.off('data', take)
      resolve(come)
    }
    socket.on('data', take)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`closed after: ${come}`)))
  })
}
