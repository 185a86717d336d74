import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Connection, connectTo } from '../../../src/distributed/nats/connection.node.js'
import { valuesIn } from '../../../src/distributed/nats/values.node.js'
import { natsTransport } from '../../../src/distributed/nats.node.js'
import { ConflictError, type Transport } from '../../../src/distributed/transport.js'
import { contract } from '../../distributed/contract.js'
import { testBroker, whyNot } from './start.js'

if (whyNot) test('the contract of the transport over NATS', { skip: whyNot }, () => {})
else {
  const { broker, end } = await testBroker()
  const open: Transport[] = []
  after(async () => {
    for (const transport of open) await transport.close()
    await end()
  })
  contract('nats', async () => {
    const transport = await natsTransport(broker.url, broker.workers[0]!)
    open.push(transport)
    return transport
  })

  test('nats: who wrote a value knows it, although the answer is lost', async () => {
    const connection = await connectTo(broker.url, broker.workers[0]!)
    // Every first answer is lost.
    const ask: Connection['ask'] = (action) =>
      connection.ask(async (attempt) => {
        const answer = await action(attempt)
        if (attempt === 0) throw Object.assign(new Error('no answer'), { name: 'TimeoutError' })
        return answer
      })
    const values = await valuesIn({ ...connection, ask }, 'onward_test', true)
    const revision = await values.put('lost.answer', Uint8Array.of(1), 0)
    assert.deepEqual(await values.get('lost.answer'), { value: Uint8Array.of(1), revision })
    await values.put('lost.answer', Uint8Array.of(2), revision)
    await assert.rejects(values.put('lost.answer', Uint8Array.of(2), revision), ConflictError)
    await connection.close()
  })
}
