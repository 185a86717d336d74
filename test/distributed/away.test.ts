// Who may wait for a server: it is tried until it answers.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import { makeCredentials } from '../../src/distributed/credentials.node.js'
import { awaitTransport } from '../../src/distributed/nats.node.js'
import { UserError } from '../../src/errors.js'

const credentials = makeCredentials({ run: 'run', role: 'worker', id: 'worker-1' })
const HELLO = { server_id: 'S', version: '2.10.0', proto: 1, headers: true, max_payload: 2 ** 20, nonce: 'abc' }

/** A server that ends so many connections without a word, and refuses the credentials of all later ones. */
async function awayFor(times: number) {
  let connections = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (++connections <= times) return socket.destroy()
    socket.write(`INFO ${JSON.stringify(HELLO)}\r\n`)
    socket.once('data', () => socket.end("-ERR 'Authorization Violation'\r\n"))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
}

test('a server that is away is tried again; one that refuses the credentials is not', async () => {
  const { url, connections } = await awayFor(2)
  await assert.rejects(
    awaitTransport(url, credentials, new AbortController().signal),
    (error: Error) => error instanceof UserError && /it refuses the credentials of worker-1/.test(error.message),
  )
  assert.equal(connections(), 3)
})

test('whoever is told to leave waits for no server', async () => {
  const { url, connections } = await awayFor(Number.POSITIVE_INFINITY)
  const stop = new AbortController()
  const found = awaitTransport(url, credentials, stop.signal)
  while (connections() < 2) await Promise.race([found, new Promise((resolve) => setTimeout(resolve, 10))])
  stop.abort()
  assert.equal(await found, undefined)
})
