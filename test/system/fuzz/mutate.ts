import { type Stream, stream } from '../../../src/random/stream.js'

/** Draws whole numbers from 0 to `below - 1`. */
type Draw = (below: number) => number

function drawing(random: Stream): Draw {
  const words = new Uint32Array(64)
  let used = words.length
  return (below) => {
    if (used === words.length) {
      random.words(words)
      used = 0
    }
    return words[used++]! % below
  }
}

type Change = (bytes: Uint8Array, draw: Draw, other: Uint8Array) => Uint8Array

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Most of what matters lies at the beginning and at the end of a file. */
const place = (bytes: Uint8Array, draw: Draw): number => {
  if (bytes.length === 0) return 0
  const near = draw(Math.min(bytes.length, 160))
  return [near, bytes.length - 1 - near, draw(bytes.length)][draw(3)]!
}

const piece = (bytes: Uint8Array, draw: Draw): Uint8Array => {
  const from = place(bytes, draw)
  return bytes.slice(from, from + 1 + draw(64))
}

const changedAt =
  (change: (bytes: Uint8Array, at: number, draw: Draw) => void): Change =>
  (bytes, draw) => {
    const own = bytes.slice()
    if (own.length > 0) change(own, place(own, draw), draw)
    return own
  }

/** Whole numbers on which sizes and offsets break. */
const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

const CHANGES: readonly Change[] = [
  changedAt((bytes, at, draw) => {
    bytes[at]! ^= 1 << draw(8)
  }),
  changedAt((bytes, at, draw) => {
    bytes[at] = draw(256)
  }),
  changedAt((bytes, at, draw) => {
    bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x2c, 0x22][draw(8)]!
  }),
  changedAt((bytes, at, draw) => {
    const word = new DataView(new ArrayBuffer(4))
    word.setUint32(0, WORDS[draw(WORDS.length)]!, draw(2) === 0)
    bytes.set(new Uint8Array(word.buffer).subarray(0, bytes.length - at), at)
  }),
  changedAt((bytes, at, draw) => {
    bytes.fill(draw(2) * 255, at, at + 1 + draw(32))
  }),
  // A digit becomes a long number: sizes that are written as text.
  (bytes, draw) => {
    const digits = [...bytes.keys()].filter((i) => bytes[i]! >= 0x30 && bytes[i]! <= 0x39)
    if (digits.length === 0) return bytes
    const at = digits[draw(digits.length)]!
    const text = ['99999999999', '-1', '1e9', '4294967296', '0', '9'.repeat(400)][draw(6)]!
    return joined(bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at + 1))
  },
  (bytes, draw) => bytes.slice(0, place(bytes, draw)),
  (bytes, draw) => bytes.slice(place(bytes, draw)),
  (bytes, draw) => {
    const at = place(bytes, draw)
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + draw(16)))
  },
  (bytes, draw) => {
    const at = place(bytes, draw)
    return joined(
      bytes.subarray(0, at),
      Uint8Array.from({ length: 1 + draw(16) }, () => draw(256)),
      bytes.subarray(at),
    )
  },
  (bytes, draw) => {
    const at = place(bytes, draw)
    return joined(bytes.subarray(0, at), piece(bytes, draw), bytes.subarray(at))
  },
  (bytes, draw, other) => joined(bytes.subarray(0, place(bytes, draw)), other.subarray(place(other, draw))),
]

/** File `index` of those that the seed makes of samples: one of them, changed in a few places. */
export function mutated(samples: readonly Uint8Array[], seed: number, index: number): Uint8Array {
  const draw = drawing(stream(seed, index, 'fuzz'))
  // Copied: the slices of Node's Buffers are none.
  const any = (): Uint8Array => new Uint8Array(samples[draw(samples.length)]!)
  let bytes = any()
  for (let changes = 1 + draw(4); changes > 0; changes--) bytes = CHANGES[draw(CHANGES.length)]!(bytes, draw, any())
  return bytes
}
