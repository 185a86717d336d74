// A producer in a process of its own: producer.js URL CREDENTIALS COUNT PAUSE. Tells its steps; "fenced" where it was.
import { readCredentials } from '../../../src/distributed/credentials.node.js'
import { natsTransport } from '../../../src/distributed/nats.node.js'
import { FencedError, LIMITS, produce } from './edge.js'

const [url, file, count, pause] = process.argv.slice(2) as [string, string, string, string]
const transport = await natsTransport(url, readCredentials(file))
const stream = await transport.stream('edges', LIMITS)
await produce(stream, Number(count), Number(pause), (step) => console.log(step)).catch((error) => {
  console.log(error instanceof FencedError ? 'fenced' : error.stack)
})
await transport.close()
