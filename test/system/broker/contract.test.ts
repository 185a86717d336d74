import { after, test } from 'node:test'
import { natsTransport } from '../../../src/distributed/nats.node.js'
import type { Transport } from '../../../src/distributed/transport.js'
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
}
