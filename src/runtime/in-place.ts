import type { Tensor } from 'onnxruntime-common'
import { sizeOf } from '../graph/types.js'
import { NOTHING, type Port } from '../onnx/program.js'
import type { Kernel, Place } from '../update/index.js'
import { type Cell, dataOf, type InPlace, loaded, type Opened, type Ort } from './opened.js'
import { ARRAYS, type TensorData, type TensorRecord } from './program.js'

export function openInPlace(ort: Ort, { bytes, state, given }: Kernel): InPlace {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const { memory, update } = exports as { memory: WebAssembly.Memory; update: () => void }
  const view = ({ at, shape }: Place): Tensor =>
    new ort.Tensor('float32', new Float32Array(memory.buffer, at, sizeOf(shape)), shape)
  const views = (places: Kernel['state']) => new Map(Object.entries(places).map(([name, own]) => [name, view(own)]))
  return { update, state: views(state), given: views(given), spare: new Map(), before: new Map() }
}

/** What the binding says of an output that is no tensor. */
const NO_TENSOR = /non tensor/i

/**
 * One call a step. The engine writes what the step gives into memory made before, but the binding would then copy each
 * output into a new array, two and a half megabytes a step for 784-500-500. It copies them in their order, and the first
 * one is no tensor, at which it throws: by then everything is in place. (A binding that could copy it would be slower, and
 * right.) A call that fails leaves the state as it was.
 */
export async function runInPlace(
  ort: Ort,
  { program, cells, step }: Opened,
  inPlace: InPlace,
  steps: number,
  batch: TensorRecord,
) {
  const changing = program.state.filter(({ changes }) => changes)
  const apart = changing.filter(({ name }) => !inPlace.state.has(name))
  for (const { name } of program.state) loaded(cells, name)
  for (const [name, tensor] of inPlace.state) settle(cells.get(name)!, tensor)
  for (const port of apart) if (!inPlace.spare.has(port.name)) inPlace.spare.set(port.name, fresh(ort, port))
  for (const { name } of changing) keep(inPlace.before, name, dataOf(loaded(cells, name)))

  const metrics: TensorRecord = Object.fromEntries(
    program.metrics.map(({ name, dtype, shape }) => [name, new ARRAYS[dtype](steps * sizeOf(shape))]),
  )
  const part = ({ name, dtype, shape }: Port, all: TensorRecord, k: number): Tensor =>
    new ort.Tensor(dtype, all[name]!.subarray(k * sizeOf(shape), (k + 1) * sizeOf(shape)), shape)
  const read = program.state.filter(({ name }) => step.inputNames.includes(name))
  try {
    for (let k = 0; k < steps; k++) {
      const feeds: Record<string, Tensor> = {}
      for (const { name } of read) feeds[name] = loaded(cells, name)
      for (const port of program.batch) feeds[port.name] = part(port, batch, k)
      const fetches: Record<string, Tensor | null> = { [NOTHING]: null }
      for (const { name } of apart) fetches[`out.${name}`] = inPlace.spare.get(name)!
      for (const [name, tensor] of inPlace.given) fetches[`metric.${name}`] = tensor
      for (const port of program.metrics) fetches[`metric.${port.name}`] = part(port, metrics, k)
      await step.run(feeds, fetches).catch((error: Error) => {
        if (!NO_TENSOR.test(error.message)) throw error
      })
      inPlace.update()
      for (const { name } of apart) {
        const cell = cells.get(name)!
        const next = inPlace.spare.get(name)!
        inPlace.spare.set(name, cell.tensor!)
        cell.tensor = next
      }
    }
  } catch (error) {
    for (const { name } of changing) dataOf(loaded(cells, name)).set(inPlace.before.get(name)!)
    throw error
  }
  return metrics
}

const fresh = (ort: Ort, { dtype, shape }: Port): Tensor =>
  new ort.Tensor(dtype, new ARRAYS[dtype](sizeOf(shape)), shape)

/** Another program that shares the state may have put a tensor of its own there. */
function settle(cell: Cell, tensor: Tensor): void {
  if (cell.tensor === tensor) return
  dataOf(tensor).set(dataOf(cell.tensor!))
  cell.tensor = tensor
}

function keep(before: Map<string, TensorData>, name: string, data: TensorData): void {
  const own = before.get(name)
  if (own) own.set(data)
  else before.set(name, data.slice())
}
