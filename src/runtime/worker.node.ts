import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { answer, type Request } from './channel.js'
import { createEngine, type Engine } from './engine.js'
import { createGate, enter, leave } from './gate.js'
import { flushesDenormals, type Given, spawn } from './spawn.node.js'
import { withStages } from './stages.js'

// A compute thread of a Node process, which makes more of them for the stages of a step. It lives as long as the process.
const { gate, flushes }: Given = workerData
const isFit = flushes === undefined || flushes === flushesDenormals()

const startEngine = (): Engine => spawn({ gate: createGate(), flushes: flushesDenormals() }).engine
const own = createEngine(ort)
const engine = withStages(isFit ? own : { ...own, open: async () => false }, startEngine)

let last: Promise<void> = Promise.resolve()
parentPort!.on('message', (request: Request) => {
  last = last.then(async () => {
    if (!enter(gate)) return
    const [reply, transfer] = await answer(engine, request)
    leave(gate)
    parentPort!.postMessage(reply, transfer)
  })
})
