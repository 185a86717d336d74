import { input } from '../graph/index.js'
import { lowerStep, NOTHING } from '../onnx/program.js'
import { sessionOptions } from './sessions.js'
import type { Ort } from './slots.js'

const known = new WeakMap<Ort, Promise<string | undefined>>()

/**
 * Whether outputs can be had without a copy. The engine writes them into memory of ours, but Node's binding then copies
 * each into a new array, in their order, unless it meets one that it cannot copy, at which it throws: an empty list.
 * Tried once a process. Gives the text of that error; undefined where the binding does not throw, or has not written
 * before it did.
 */
export function directOutputs(ort: Ort): Promise<string | undefined> {
  const before = known.get(ort)
  if (before) return before
  const found = tryOut(ort)
  known.set(ort, found)
  return found
}

async function tryOut(ort: Ort): Promise<string | undefined> {
  const x = input({ name: 'x', kind: 'data', shape: [2], dtype: 'float32' })
  const step = { state: [], batch: [{ name: 'x', input: x }], metrics: [{ name: 'y', output: x }] }
  const given = Float32Array.of(1.5, -2.5)
  const place = new Float32Array(2)
  try {
    // It may be the first session of the process, whose options hold for more than itself.
    const { bytes } = lowerStep(step, 'cpu', { intoPlaces: true })
    const session = await ort.InferenceSession.create(bytes, sessionOptions('cpu', 1))
    const error = await session
      .run(
        { x: new ort.Tensor('float32', given, [2]) },
        { [NOTHING]: null, 'metric.y': new ort.Tensor('float32', place, [2]) },
      )
      .then(
        () => undefined,
        (error: Error) => error.message,
      )
    await session.release()
    return place.every((value, i) => value === given[i]) ? error : undefined
  } catch {
    return undefined
  }
}
