import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'

/** A model in a file, and inputs [count, ...shape] for it, call after call. */
export interface ScoresRequest {
  readonly path: string
  readonly calls: readonly { readonly x: Float32Array; readonly shape: readonly number[] }[]
}

// ONNX Runtime runs in the realm of Node alone, which that of its caller may not be: in a thread it always does.
const { path, calls } = workerData as ScoresRequest
const session = await ort.InferenceSession.create(path)
const scores: Float32Array[] = []
for (const { x, shape } of calls)
  scores.push((await session.run({ x: new ort.Tensor('float32', x, shape) })).scores!.data as Float32Array)
await session.release()
parentPort!.postMessage(scores)
