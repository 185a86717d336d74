import '../no-telemetry.node.js'
import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'

/** What a model reads and gives: names, types and shapes; a size that is free is a word. */
export interface Port {
  readonly name: string
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

export type FromModel =
  | { readonly kind: 'open'; readonly inputs: readonly Port[]; readonly outputs: readonly Port[] }
  | { readonly kind: 'made'; readonly data: Float32Array; readonly shape: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string }

export interface ToModel {
  readonly input: string
  readonly output: string
  readonly x: Float32Array
  readonly shape: readonly number[]
}

// ONNX Runtime runs in the realm of Node alone, which that of its caller may not be: in a thread it always does.
const send = (message: FromModel): void => parentPort!.postMessage(message)
const failed = (error: unknown): void => send({ kind: 'failed', message: (error as Error).message })

try {
  const session = await ort.InferenceSession.create(workerData as string)
  parentPort!.on('message', async ({ input, output, x, shape }: ToModel) => {
    try {
      const made = (await session.run({ [input]: new ort.Tensor('float32', x, shape) }, [output]))[output]!
      send({ kind: 'made', data: made.data as Float32Array, shape: made.dims })
    } catch (error) {
      failed(error)
    }
  })
  const { inputMetadata, outputMetadata } = session
  send({ kind: 'open', inputs: inputMetadata as readonly Port[], outputs: outputMetadata as readonly Port[] })
} catch (error) {
  failed(error)
}
