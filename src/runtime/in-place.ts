import type { Tensor } from 'onnxruntime-common'
import { sizeOf } from '../graph/types.js'
import { NOTHING, type OnnxProgram, type Port } from '../onnx/program.js'
import type { Kernel } from '../update/index.js'
import { type Cell, dataOf, type Ends, loaded, type Opened, type Ort } from './opened.js'
import { ARRAYS, type TensorData, type TensorRecord } from './program.js'

/**
 * The state of a program whose steps end in place. The memory that its steps write is its own: cells borrow it, and what
 * cells hold of anybody else's is copied in before the first step of a call.
 */
export interface InPlace {
  /** Begins a call, which `restore` can take back. Throws a UserError if a state tensor was never loaded. */
  enter(): void
  /** Where the engine puts what it gives of a step beside the metrics. */
  places(): Record<string, Tensor | null>
  /** Ends a step: makes the next state. */
  advance(): void
  restore(): void
}

/** Undefined where this machine has no memory for the kernel, or cannot run it. */
export function openInPlace(
  ort: Ort,
  program: OnnxProgram,
  cells: ReadonlyMap<string, Cell>,
  { bytes, state, given }: Kernel,
): InPlace | undefined {
  const exports = instantiate(bytes)
  if (!exports) return undefined
  const { memory, update } = exports
  const tensorOf = ({ dtype, shape }: Port, data: TensorData): Tensor => new ort.Tensor(dtype, data, shape)
  const view = ({ at, shape }: Kernel['state'][string]): Tensor =>
    new ort.Tensor('float32', new Float32Array(memory.buffer, at, sizeOf(shape)), shape)
  const changing = program.state.filter(({ changes }) => changes)
  // Of what the kernel renews there is one tensor, of the rest the one that a step reads and the one that it writes.
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
      for (const { name } of program.state) loaded(cells, name)
      for (const [name, [now]] of own) {
        const cell = cells.get(name)!
        if (cell.tensor !== now) dataOf(now).set(dataOf(cell.tensor!))
        before.get(name)!.set(dataOf(now))
        cell.tensor = now
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
          cells.get(name)!.tensor = next
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

/** All that the binding says of an output that is no tensor. */
const NO_TENSOR = 'Non tensor type is temporarily not supported.'

/**
 * One call a step. The engine writes what the step gives into memory made before, but the binding would then copy each
 * output into a new array, two and a half megabytes a step for 784-500-500. It copies them in their order, and the first
 * one is no tensor, at which it throws: by then everything is in place. (A binding that could copy it would be slower, and
 * right.) `reads`: the state that the model is fed. The caller enters and restores.
 */
export async function runInPlace(
  ort: Ort,
  { program, cells, step }: Pick<Opened, 'program' | 'cells' | 'step'>,
  { inPlace, reads }: Ends,
  steps: number,
  batch: TensorRecord,
): Promise<TensorRecord> {
  const metrics: TensorRecord = Object.fromEntries(
    program.metrics.map(({ name, dtype, shape }) => [name, new ARRAYS[dtype](steps * sizeOf(shape))]),
  )
  const part = ({ name, dtype, shape }: Port, all: TensorRecord, k: number): Tensor =>
    new ort.Tensor(dtype, all[name]!.subarray(k * sizeOf(shape), (k + 1) * sizeOf(shape)), shape)
  for (let k = 0; k < steps; k++) {
    const feeds: Record<string, Tensor> = {}
    for (const name of reads) feeds[name] = loaded(cells, name)
    for (const port of program.batch) feeds[port.name] = part(port, batch, k)
    const fetches = inPlace.places()
    for (const port of program.metrics) fetches[`metric.${port.name}`] = part(port, metrics, k)
    await step.run(feeds, fetches).catch((error: Error) => {
      if (error.message !== NO_TENSOR) throw error
    })
    inPlace.advance()
  }
  return metrics
}
