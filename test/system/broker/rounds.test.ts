// What a client can do to the streams of a federation, on a broker: fill its own subjects of the round that runs.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect, nkeyAuthenticator } from '@nats-io/transport-node'
import { NAMES } from '../../../src/distributed/federated/names.js'
import { joinStream, uploadStream } from '../../../src/distributed/federated/round/streams.js'
import { receiveParts, sendParts } from '../../../src/distributed/federated/wire/parts.js'
import { natsTransport } from '../../../src/distributed/nats.node.js'
import { MOST_PARTS } from '../../../src/distributed/rights.js'
import { testBroker, whyNot } from './start.js'

if (whyNot) test('rounds on a broker', { skip: whyNot }, () => {})
else {
  const { broker, end } = await testBroker({ clients: ['mallory', 'alice'] })
  const coordinator = await natsTransport(broker.url, broker.workers[0]!)
  const [mallory, alice] = broker.clients
  const core = await connect({
    servers: broker.url,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(mallory!.seed)),
  })
  after(async () => {
    await Promise.all([core.close(), coordinator.close()])
    await end()
  })
  const answer = async (subject: string, bytes: number, timeout = 5000): Promise<string> =>
    (await core.request(`onward.test.${subject}`, new Uint8Array(bytes), { timeout })).string()
  const size = { clients: 2, most: 300_000 }

  test('a client that fills all of its subjects leaves room for the others', async () => {
    const uploads = await uploadStream(coordinator, 7, size)
    const slot = 'up.7.update.mallory'
    for (const subject of [slot, ...Array.from({ length: MOST_PARTS }, (_, part) => `${slot}.${part}`)]) {
      assert.match(await answer(subject, size.most), /"seq"/)
      assert.match(await answer(subject, 10), /maximum messages per subject exceeded/)
    }
    const own = await natsTransport(broker.url, alice!)
    const bytes = new Uint8Array(size.most).fill(3)
    await sendParts(await uploadStream(own, 7, size), 7, 'alice', bytes)
    assert.deepEqual((await receiveParts(uploads, 7, 'alice', size.most))!.bytes, bytes)
    await own.close()
  })

  test('for rounds that are over, or never come, nothing is stored', async () => {
    await (await uploadStream(coordinator, 7, size)).delete()
    await joinStream(coordinator, 2)
    for (const round of ['7', '8', '99', 'all'])
      for (const what of ['update', 'join'])
        await assert.rejects(
          answer(`up.${round}.${what}.mallory`, 10, 200),
          /no responders|timeout/,
          `${round} ${what}`,
        )
    for (const round of [7, 8]) {
      const uploads = await uploadStream(coordinator, round, size)
      assert.equal(await uploads.last(`up.${round}.update.mallory`), undefined)
    }
    assert.match(await answer(NAMES.join('mallory'), 100_000), /message size exceeds maximum allowed/)
    assert.match(await answer(NAMES.join('mallory'), 10), /"seq"/)
  })
}
