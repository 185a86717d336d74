import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { answer, type Request } from './channel.js'
import { createEngine } from './engine.js'
import { createGate, enter, leave } from './gate.js'
import { spawn } from './spawn.node.js'
import { withStages } from './stages.js'

// The compute thread of a Node process. It lives as long as the process.
const engine = withStages(createEngine(ort), () => spawn(createGate()).engine)
const gate: Int32Array = workerData

let last: Promise<void> = Promise.resolve()
parentPort!.on('message', (request: Request) => {
  last = last.then(async () => {
    if (!enter(gate)) return
    const [reply, transfer] = await answer(engine, request)
    leave(gate)
    parentPort!.postMessage(reply, transfer)
  })
})
