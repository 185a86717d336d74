/** The part of WebAssembly's binary format that is written here (WebAssembly 2.0, section 5). */

/** LEB128: seven bits a byte, the lowest first. The last byte is below `end`. */
function unsigned(value: number, end = 128): number[] {
  const low = value % 128
  const rest = Math.floor(value / 128)
  return rest === 0 && low < end ? [low] : [low + 128, ...unsigned(rest, end)]
}

/** The same with a sign, which is a bit of the last byte, for numbers >= 0. */
const positive = (value: number): number[] => unsigned(value, 64)

const text = (name: string): number[] => list(Array.from(new TextEncoder().encode(name), (byte) => [byte]))

const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]

const section = (id: number, items: readonly (readonly number[])[]): number[] => {
  const content = list(items)
  return [id, ...unsigned(content.length), ...content]
}

const V128 = 0x7b
const I32 = 0x7f
const FUNCTION = 0x60
const END = 0x0b

/** A module with a memory of so many pages and one function without arguments; locals: an i32, then `vectors` v128. */
export function moduleOf(pages: number, vectors: number, code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [
    ...list([
      [1, I32],
      [...unsigned(vectors), V128],
    ]),
    ...code,
    END,
  ]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[FUNCTION, 0, 0]]),
    ...section(3, [[0]]),
    ...section(5, [[1, ...unsigned(pages), ...unsigned(pages)]]),
    ...section(7, [
      [...text('memory'), 2, 0],
      [...text('update'), 0, 0],
    ]),
    ...section(10, [[...unsigned(body.length), ...body]]),
  ])
}

const vector = (instruction: number): number[] => [0xfd, ...unsigned(instruction)]

/** From an address on the stack plus `at`. */
export const load = (at: number): number[] => [...vector(0x00), 2, ...unsigned(at)]
export const store = (at: number): number[] => [...vector(0x0b), 2, ...unsigned(at)]
/** Four times the number at the address. */
export const loadNumber = (at: number): number[] => [...vector(0x09), 2, ...unsigned(at)]
export const number = (value: number): number[] => {
  const bytes = new Uint8Array(Float32Array.of(value, value, value, value).buffer)
  return [...vector(0x0c), ...bytes]
}
export const operation = (instruction: number): number[] => vector(instruction)

export const integer = (value: number): number[] => [0x41, ...positive(value)]
export const get = (local: number): number[] => [0x20, ...unsigned(local)]
export const set = (local: number): number[] => [0x21, ...unsigned(local)]

/** Runs `body` with the local `i` at 0, 16, 32 and on, below `end`. */
export const everySixteen = (i: number, end: number, body: readonly number[]): number[] => [
  ...[...integer(0), ...set(i)],
  ...[0x03, 0x40, ...body],
  ...[...get(i), ...integer(16), 0x6a, 0x22, ...unsigned(i)],
  ...[...integer(end), 0x49, 0x0d, 0, END],
]
