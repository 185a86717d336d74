import type { InferenceSession, Tensor } from 'onnxruntime-common'
import { sizeOf } from '../../graph/types.js'
import { NOTHING, type OnnxProgram } from '../../onnx/program.js'
import type { Kernel } from '../../update/index.js'
import { ARRAYS, type TensorData, type TensorRecord } from '../program.js'
import type { InPlace } from '../protocol.js'
import { dataOf, type Execute, loaded, type Ort, partOf, roomFor, type Slots } from '../slots.js'

/**
 * One call of the engine a step, which writes into memory made before; then the kernel makes the next state. That
 * memory is the program's own, and the slots borrow it; what they hold of other programs' memory is copied in before
 * the first step of a call. `stop` is the error that says that the binding copied nothing (see `directOutputs`).
 * Undefined where this machine has no memory for the kernel, or cannot run it.
 */
export function inPlace(
  ort: Ort,
  program: OnnxProgram,
  slots: Slots,
  { kernel, reads }: InPlace,
  stop: string,
): ((step: InferenceSession) => Execute) | undefined {
  const exports = instantiate(kernel.bytes)
  if (!exports) return undefined
  const { memory, update } = exports
  const view = ({ at, shape }: Kernel['state'][string]): Tensor =>
    new ort.Tensor('float32', new Float32Array(memory.buffer, at, sizeOf(shape)), shape)
  // What the kernel renews has one tensor; the rest has one that a step reads and one that it writes.
  const own = new Map<string, [now: Tensor, next?: Tensor]>()
  const before = new Map<string, TensorData>()
  for (const { name, dtype, shape, changes } of program.state) {
    if (!changes) continue
    const fresh = (): TensorData => new ARRAYS[dtype](sizeOf(shape))
    const tensor = (): Tensor => new ort.Tensor(dtype, fresh(), shape)
    const place = kernel.state[name]
    own.set(name, place ? [view(place)] : [tensor(), tensor()])
    before.set(name, fresh())
  }
  const given = Object.fromEntries(Object.entries(kernel.given).map(([name, place]) => [`metric.${name}`, view(place)]))

  /** Begins a call, which can be taken back. */
  const enter = (): void => {
    for (const { name } of program.state) loaded(slots, name)
    for (const [name, [now]] of own) {
      const slot = slots.get(name)!
      if (slot.tensor !== now) dataOf(now).set(dataOf(slot.tensor!))
      before.get(name)!.set(dataOf(now))
      slot.tensor = now
    }
  }
  const advance = (): void => {
    update()
    for (const [name, [now, next]] of own)
      if (next) {
        own.set(name, [next, now])
        slots.get(name)!.tensor = next
      }
  }
  const run = async (step: InferenceSession, steps: number, batch: TensorRecord): Promise<TensorRecord> => {
    const metrics = roomFor(program.metrics, steps)
    for (let k = 0; k < steps; k++) {
      const feeds: Record<string, Tensor> = {}
      for (const name of reads) feeds[name] = loaded(slots, name)
      for (const port of program.batch) feeds[port.name] = partOf(ort, port, batch, k)
      const fetches: Record<string, Tensor | null> = { [NOTHING]: null, ...given }
      for (const [name, [, next]] of own) if (next) fetches[`out.${name}`] = next
      for (const port of program.metrics) fetches[`metric.${port.name}`] = partOf(ort, port, metrics, k)
      await step.run(feeds, fetches).catch((error: Error) => {
        if (error.message !== stop) throw error
      })
      advance()
    }
    return metrics
  }
  return (step) => async (steps, batch) => {
    enter()
    return await run(step, steps, batch).catch((error) => {
      for (const [name, [now]] of own) dataOf(now).set(before.get(name)!)
      throw error
    })
  }
}

function instantiate(bytes: Uint8Array<ArrayBuffer>) {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
    return exports as { memory: WebAssembly.Memory; update(): void }
  } catch {
    // No WebAssembly, none with vectors, or no room: of gigabytes of addresses, which V8 sets aside for each memory.
    return undefined
  }
}
