import type { InferenceSession, Tensor } from 'onnxruntime-common'
import { sizeOf } from '../../graph/types.js'
import { NOTHING, type OnnxProgram, type Port } from '../../onnx/program.js'
import type { Kernel } from '../../update/index.js'
import { ARRAYS, type TensorData, type TensorRecord } from '../program.js'
import { dataOf, type Execute, loaded, type Ort, type Running, type Slots, sumsOf } from '../slots.js'

/**
 * The state of a program that is renewed in place. Its steps write to memory of its own, which the slots borrow; what the
 * slots hold of other programs' memory is copied in before the first step of a call.
 */
export interface InPlaceState {
  /** Begins a call, which `restore` can take back. Throws a UserError if a state tensor was never loaded. */
  enter(): void
  /** Where the engine puts the outputs of a step that are no metrics. */
  places(): Record<string, Tensor | null>
  /** Ends a step: makes the next state. */
  advance(): void
  restore(): void
}

/** Undefined where this machine has no memory for the kernel, or cannot run it. */
export function inPlaceState(
  ort: Ort,
  program: OnnxProgram,
  slots: Slots,
  { bytes, state, given }: Kernel,
): InPlaceState | undefined {
  const exports = instantiate(bytes)
  if (!exports) return undefined
  const { memory, update } = exports
  const tensorOf = ({ dtype, shape }: Port, data: TensorData): Tensor => new ort.Tensor(dtype, data, shape)
  const view = ({ at, shape }: Kernel['state'][string]): Tensor =>
    new ort.Tensor('float32', new Float32Array(memory.buffer, at, sizeOf(shape)), shape)
  const changing = program.state.filter(({ changes }) => changes)
  // What the kernel renews has one tensor; the rest has one that a step reads and one that it writes.
  const own = new Map<string, [now: Tensor, next?: Tensor]>()
  const before = new Map<string, TensorData>()
  for (const port of changing) {
    const place = state[port.name]
    const fresh = (): TensorData => new ARRAYS[port.dtype](sizeOf(port.shape))
    own.set(port.name, place ? [view(place)] : [tensorOf(port, fresh()), tensorOf(port, fresh())])
    before.set(port.name, fresh())
  }
  const givenTo = Object.fromEntries(Object.entries(given).map(([name, place]) => [`metric.${name}`, view(place)]))

  return {
    enter() {
      for (const { name } of program.state) loaded(slots, name)
      for (const [name, [now]] of own) {
        const slot = slots.get(name)!
        if (slot.tensor !== now) dataOf(now).set(dataOf(slot.tensor!))
        before.get(name)!.set(dataOf(now))
        slot.tensor = now
      }
    },
    places() {
      const all: Record<string, Tensor | null> = { [NOTHING]: null, ...givenTo }
      for (const [name, [, next]] of own) if (next) all[`out.${name}`] = next
      return all
    },
    advance() {
      update()
      for (const [name, [now, next]] of own)
        if (next) {
          own.set(name, [next, now])
          slots.get(name)!.tensor = next
        }
    },
    restore() {
      for (const [name, [now]] of own) dataOf(now).set(before.get(name)!)
    },
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

/**
 * One call of the engine a step, which writes into memory made before; then the kernel makes the next state. `stop` is the
 * error that says that the binding copied nothing (see `directOutputs`). `reads`: the state that the model is fed.
 */
export const inPlace = (
  running: Running,
  sum: InferenceSession | undefined,
  own: InPlaceState,
  reads: readonly string[],
  stop: string,
): Execute => {
  const { ort, program, slots, step } = running
  const part = ({ name, dtype, shape }: Port, all: TensorRecord, k: number): Tensor =>
    new ort.Tensor(dtype, all[name]!.subarray(k * sizeOf(shape), (k + 1) * sizeOf(shape)), shape)
  const runSteps = async (steps: number, batch: TensorRecord): Promise<TensorRecord> => {
    const metrics: TensorRecord = Object.fromEntries(
      program.metrics.map(({ name, dtype, shape }) => [name, new ARRAYS[dtype](steps * sizeOf(shape))]),
    )
    for (let k = 0; k < steps; k++) {
      const feeds: Record<string, Tensor> = {}
      for (const name of reads) feeds[name] = loaded(slots, name)
      for (const port of program.batch) feeds[port.name] = part(port, batch, k)
      const fetches = own.places()
      for (const port of program.metrics) fetches[`metric.${port.name}`] = part(port, metrics, k)
      await step.run(feeds, fetches).catch((error: Error) => {
        if (error.message !== stop) throw error
      })
      own.advance()
    }
    return metrics
  }
  return async (steps, batch) => {
    own.enter()
    try {
      return { metrics: await runSteps(steps, batch), sums: await sumsOf(sum, running) }
    } catch (error) {
      own.restore()
      throw error
    }
  }
}
