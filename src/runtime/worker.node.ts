import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { answer, type Request } from './channel.js'
import { createEngine } from './engine.js'
import { enter, leave } from './gate.js'

// The compute thread of a Node process. It lives as long as the process; its data is the gate.
const gate: Int32Array = workerData
const engine = createEngine(ort)

let last: Promise<void> = Promise.resolve()
parentPort!.on('message', (request: Request) => {
  last = last.then(async () => {
    if (!enter(gate)) return
    const [reply, transfer] = await answer(engine, request)
    leave(gate)
    parentPort!.postMessage(reply, transfer)
  })
})
