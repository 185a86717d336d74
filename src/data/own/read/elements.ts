import { UserError } from '../../../errors.js'
import type { ArrayNumbers } from '../content.js'

/** A type of numbers in a file. */
export type Element = keyof typeof ELEMENTS

interface Kind {
  readonly bytes: number
  /** Numbers of this machine's byte order, which is little-endian, from a buffer of their own size. */
  of(bytes: Uint8Array, where: string): ArrayNumbers
}

/** As they lie there; copied where they do not begin at a multiple of their size. */
const asTheyAre =
  <T extends ArrayNumbers>(kind: { new (b: ArrayBufferLike, at: number, n: number): T; BYTES_PER_ELEMENT: number }) =>
  (bytes: Uint8Array): T => {
    const size = kind.BYTES_PER_ELEMENT
    const own = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
    return new kind(own.buffer, own.byteOffset, own.length / size)
  }

const ELEMENTS = {
  bool: { bytes: 1, of: bools },
  uint8: { bytes: 1, of: asTheyAre(Uint8Array) },
  int8: { bytes: 1, of: asTheyAre(Int8Array) },
  uint16: { bytes: 2, of: asTheyAre(Uint16Array) },
  int16: { bytes: 2, of: asTheyAre(Int16Array) },
  uint32: { bytes: 4, of: asTheyAre(Uint32Array) },
  int32: { bytes: 4, of: asTheyAre(Int32Array) },
  uint64: { bytes: 8, of: (bytes, where) => longs(bytes, where, false) },
  int64: { bytes: 8, of: (bytes, where) => longs(bytes, where, true) },
  float16: { bytes: 2, of: halves },
  bfloat16: { bytes: 2, of: brainFloats },
  float32: { bytes: 4, of: asTheyAre(Float32Array) },
  float64: { bytes: 8, of: asTheyAre(Float64Array) },
} as const satisfies Record<string, Kind>

export const bytesOf = (element: Element): number => ELEMENTS[element].bytes

/**
 * The numbers that lie in `bytes`, which may be used in place. 64-bit whole numbers become 32-bit ones where all of them
 * fit, or else float64; 16-bit floats become float32. Throws a UserError where a whole number has no exact float64, or
 * a truth value is neither 0 nor 1; `where` names the array.
 */
export function numbersIn(bytes: Uint8Array, element: Element, where: string, isBigEndian = false): ArrayNumbers {
  const { bytes: size, of }: Kind = ELEMENTS[element]
  return of(isBigEndian && size > 1 ? reversed(bytes, size) : bytes, where)
}

/** A copy in which the bytes of every number are in the other order. */
function reversed(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i += size) for (let k = 0; k < size; k++) out[i + k] = bytes[i + size - 1 - k]!
  return out
}

function bools(bytes: Uint8Array, where: string): Uint8Array {
  const wrong = bytes.findIndex((byte) => byte > 1)
  if (wrong >= 0)
    throw new UserError(`${where} holds the truth value ${bytes[wrong]} at place ${wrong}, and these are 0 and 1.`)
  return bytes
}

function longs(bytes: Uint8Array, where: string, isSigned: boolean): ArrayNumbers {
  const words = asTheyAre(Int32Array)(bytes)
  const count = words.length / 2
  const low = (i: number): number => words[2 * i]!
  const high = (i: number): number => (isSigned ? words[2 * i + 1]! : words[2 * i + 1]! >>> 0)
  let isShort = true
  for (let i = 0; i < count; i++) {
    // 2^21 times 2^32 is 2^53: up to it every whole number is a float64.
    if (high(i) < -(2 ** 21) || high(i) >= 2 ** 21) {
      const long = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const number = isSigned ? long.getBigInt64(8 * i, true) : long.getBigUint64(8 * i, true)
      throw new UserError(`${where} holds ${number} at place ${i}, and whole numbers are read up to 2^53.`)
    }
    if (high(i) !== low(i) >> 31) isShort = false
  }
  if (isShort) return Int32Array.from({ length: count }, (_, i) => low(i))
  return Float64Array.from({ length: count }, (_, i) => high(i) * 2 ** 32 + (low(i) >>> 0))
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function halves(bytes: Uint8Array): Float32Array {
  return Float32Array.from(asTheyAre(Uint16Array)(bytes), (word) => {
    const sign = word >>> 15 === 0 ? 1 : -1
    const [exponent, fraction] = [(word >>> 10) & 31, word & 1023]
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    if (exponent === 0) return sign * fraction * 2 ** -24
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
}

/** The upper half of a float32. */
function brainFloats(bytes: Uint8Array): Float32Array {
  const words = Uint32Array.from(asTheyAre(Uint16Array)(bytes), (word) => word * 2 ** 16)
  return new Float32Array(words.buffer)
}
