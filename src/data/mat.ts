import { UserError } from '../errors.js'
import { type Shape, sizeOf } from '../graph/types.js'

/**
 * The MAT-file format, level 5 (The MathWorks, "MAT-File Format"), as far as files of real numeric arrays need it: a
 * header of 128 bytes, then elements, each with its type and its size. Little-endian, as MATLAB writes it today.
 */

export const MAT_HEADER = 128
export const COMPRESSED = 15
const MATRIX = 14

/** Types of the numbers of an element. */
const NUMBERS: Readonly<Record<number, { bytes: number; read: (view: DataView, at: number) => number }>> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  7: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  9: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
}

/** Classes of arrays that hold real numbers: from double to 64-bit integers. */
const isNumeric = (own: number): boolean => own >= 6 && own <= 15

interface Element {
  readonly type: number
  readonly data: Uint8Array
  /** Where the next one begins. */
  readonly end: number
}

export interface MatArray {
  readonly shape: Shape
  /** Column-major: the first axis changes fastest. */
  readonly numbers: Uint8Array | Float64Array
}

/** Whether bytes begin as a MAT file of level 5 does. */
export const isMat = (head: Uint8Array): boolean =>
  head.length >= MAT_HEADER && head[124] === 0 && head[125] === 1 && head[126] === 0x49 && head[127] === 0x4d

const cut = (where: string): UserError =>
  new UserError(`${where} is cut or damaged: an element of the MAT file ends after its end; get it again.`)

/** The element at a place; those of up to four bytes are short, and lie in their own tag. */
export function elementAt(bytes: Uint8Array, at: number, where: string): Element {
  if (at + 8 > bytes.length) throw cut(where)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = view.getUint32(at, true)
  const short = word >>> 16
  const size = short > 0 ? short : view.getUint32(at + 4, true)
  const first = short > 0 ? at + 4 : at + 8
  const type = short > 0 ? word & 0xffff : word
  if (short > 4 || first + size > bytes.length) throw cut(where)
  // What is compressed is not padded to a multiple of eight bytes.
  const padded = type === COMPRESSED ? size : Math.ceil(size / 8) * 8
  return { type, data: bytes.subarray(first, first + size), end: short > 0 ? at + 8 : first + padded }
}

/**
 * The numeric arrays of a MAT file without compressed elements, by their names. `where` names the file in messages.
 * Throws a UserError where it is cut or no such file.
 */
export function readMat(bytes: Uint8Array, where: string): Map<string, MatArray> {
  if (!isMat(bytes)) throw new UserError(`${where} is no MAT file of level 5 (little-endian); get it again.`)
  const arrays = new Map<string, MatArray>()
  for (let at = MAT_HEADER; at < bytes.length; ) {
    const element = elementAt(bytes, at, where)
    at = element.end
    if (element.type !== MATRIX) continue
    const flags = elementAt(element.data, 0, where)
    if (flags.data.length < 4 || !isNumeric(flags.data[0]!)) continue
    const dimensions = elementAt(element.data, flags.end, where)
    const name = elementAt(element.data, dimensions.end, where)
    const numbers = numbersOf(elementAt(element.data, name.end, where), where)
    const shape = [...numbersOf(dimensions, where)]
    if (numbers.length !== sizeOf(shape)) throw cut(where)
    arrays.set(new TextDecoder().decode(name.data), { shape, numbers })
  }
  return arrays
}

function numbersOf({ type, data }: Element, where: string): Uint8Array | Float64Array {
  const known = NUMBERS[type]
  if (!known || data.length % known.bytes !== 0)
    throw new UserError(`${where} holds numbers of the unknown type ${type}; get it again.`)
  if (type === 2) return data
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Float64Array.from({ length: data.length / known.bytes }, (_, i) => known.read(view, i * known.bytes))
}
