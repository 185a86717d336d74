// Starts a broker in a folder and waits to be killed: starter.js FOLDER.
import { startBroker } from '../../../src/distributed/server.node.js'

const { pid } = await startBroker({ folder: process.argv[2]!, run: 'test', workers: 2 })
console.log(pid)
setInterval(() => undefined, 1000)
