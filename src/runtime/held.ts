import type { Held } from '../layout/index.js'
import type { TensorRecord } from './program.js'

/** Matrices that a program holds turned, or in pieces, look to its users as they were traced: these go between the two. */

const columnsOf = ({ pieces }: Held): number => pieces.reduce((sum, { columns }) => sum + columns, 0)

/** Copies a matrix into its pieces, or out of them. */
function copy(held: Held, whole: Float32Array, pieces: TensorRecord, direction: 'in' | 'out'): void {
  const { rows, turned } = held
  const width = columnsOf(held)
  let first = 0
  for (const { name, columns } of held.pieces) {
    const piece = pieces[name] as Float32Array
    for (let row = 0; row < rows; row++) {
      const start = row * width + first
      if (!turned && direction === 'in') piece.set(whole.subarray(start, start + columns), row * columns)
      else if (!turned) whole.set(piece.subarray(row * columns, (row + 1) * columns), start)
      else if (direction === 'in') for (let i = 0; i < columns; i++) piece[i * rows + row] = whole[start + i]!
      else for (let i = 0; i < columns; i++) whole[start + i] = piece[i * rows + row]!
    }
    first += columns
  }
}

const holderOf = (piece: string, all: readonly Held[]): Held | undefined =>
  all.find(({ pieces }) => pieces.some(({ name }) => name === piece))

/** The state as a program holds it, from that of its users. */
export function holdState(state: TensorRecord, all: readonly Held[]): TensorRecord {
  const result = { ...state }
  for (const held of all) {
    const whole = state[held.name]
    if (!whole) continue
    delete result[held.name]
    for (const { name, columns } of held.pieces) result[name] = new Float32Array(held.rows * columns)
    copy(held, whole as Float32Array, result, 'in')
  }
  return result
}

/** The state as its users know it, from that of a program; in the same order. */
export function showState(state: TensorRecord, all: readonly Held[]): TensorRecord {
  const result: TensorRecord = {}
  for (const [name, data] of Object.entries(state)) {
    const held = holderOf(name, all)
    if (!held) result[name] = data
    else if (name === held.pieces[0]!.name) {
      const whole = new Float32Array(held.rows * columnsOf(held))
      copy(held, whole, state, 'out')
      result[held.name] = whole
    }
  }
  return result
}

export const nameOf = (piece: string, all: readonly Held[]): string => holderOf(piece, all)?.name ?? piece
