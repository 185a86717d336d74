import type { Cut } from '../onnx/blocks.js'
import type { Port } from '../onnx/program.js'
import type { TensorRecord } from './program.js'

/** Matrices that a program holds in pieces of their columns look whole to its users: these go between the two forms. */

const columnsOf = ({ pieces }: Cut): number => pieces.reduce((sum, { columns }) => sum + columns, 0)

/** Visits the rows of every piece of a matrix: where they begin in the whole, and in the piece. */
function eachRow(cut: Cut, visit: (name: string, row: number, start: number, columns: number) => void): void {
  let first = 0
  for (const { name, columns } of cut.pieces) {
    for (let row = 0; row < cut.rows; row++) visit(name, row, row * columnsOf(cut) + first, columns)
    first += columns
  }
}

export function cutState(state: TensorRecord, cuts: readonly Cut[]): TensorRecord {
  const result = { ...state }
  for (const cut of cuts) {
    const whole = state[cut.name]
    if (!whole) continue
    delete result[cut.name]
    for (const { name, columns } of cut.pieces) result[name] = new Float32Array(cut.rows * columns)
    eachRow(cut, (name, row, start, columns) => {
      result[name]!.set(whole.subarray(start, start + columns), row * columns)
    })
  }
  return result
}

export function joinState(state: TensorRecord, cuts: readonly Cut[]): TensorRecord {
  const result = { ...state }
  for (const cut of cuts) {
    const whole = new Float32Array(cut.rows * columnsOf(cut))
    eachRow(cut, (name, row, start, columns) => {
      whole.set(state[name]!.subarray(row * columns, (row + 1) * columns), start)
    })
    for (const { name } of cut.pieces) delete result[name]
    result[cut.name] = whole
  }
  return result
}

export const wholeName = (name: string, cuts: readonly Cut[]): string =>
  cuts.find(({ pieces }) => pieces.some((piece) => piece.name === name))?.name ?? name

/** The ports of the whole matrices in place of those of their pieces. */
export function joinPorts<P extends Port>(ports: readonly P[], cuts: readonly Cut[]): P[] {
  return ports.flatMap((port) => {
    const cut = cuts.find(({ pieces }) => pieces.some(({ name }) => name === port.name))
    if (!cut) return [port]
    return cut.pieces[0]!.name === port.name ? [{ ...port, name: cut.name, shape: [cut.rows, columnsOf(cut)] }] : []
  })
}
