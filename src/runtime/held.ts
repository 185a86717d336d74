import type { Port } from '../onnx/program.js'
import type { TensorRecord } from './program.js'

/** Matrices that a program holds turned look to its users as they were traced: these two go between. */

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!
  return result
}

/** The state as a program holds it, from that of its users; `ports`: as they know it. */
export function holdState(state: TensorRecord, ports: readonly Port[], turned: ReadonlySet<string>): TensorRecord {
  return mapped(state, ports, turned, (data, [rows, columns]) => transposed(data, rows!, columns!))
}

/** The state as its users know it, from that of a program. */
export function showState(state: TensorRecord, ports: readonly Port[], turned: ReadonlySet<string>): TensorRecord {
  return mapped(state, ports, turned, (data, [rows, columns]) => transposed(data, columns!, rows!))
}

function mapped(
  state: TensorRecord,
  ports: readonly Port[],
  turned: ReadonlySet<string>,
  f: (data: Float32Array, shape: readonly number[]) => Float32Array,
): TensorRecord {
  const result = { ...state }
  for (const { name, shape } of ports)
    if (turned.has(name) && state[name]) result[name] = f(state[name] as Float32Array, shape)
  return result
}
