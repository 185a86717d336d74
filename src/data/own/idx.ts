import { UserError } from '../../errors.js'
import { sizeOf } from '../../graph/types.js'
import type { ArrayNumbers, NamedArray } from './content.js'

/**
 * The IDX format (Yann LeCun's page "The MNIST database of handwritten digits"): two zero bytes, the type of the
 * numbers, the number of axes, the length of each as a 32-bit word, then the numbers, all big-endian.
 */

interface Type {
  readonly bytes: number
  readonly of: (buffer: ArrayBuffer) => ArrayNumbers
}

const TYPES: Readonly<Record<number, Type>> = {
  8: { bytes: 1, of: (buffer) => new Uint8Array(buffer) },
  9: { bytes: 1, of: (buffer) => new Int8Array(buffer) },
  11: { bytes: 2, of: (buffer) => new Int16Array(buffer) },
  12: { bytes: 4, of: (buffer) => new Int32Array(buffer) },
  13: { bytes: 4, of: (buffer) => new Float32Array(buffer) },
  14: { bytes: 8, of: (buffer) => new Float64Array(buffer) },
}

/** Whether bytes begin as an IDX file does. */
export const isIdx = (head: Uint8Array): boolean =>
  head.length >= 8 && head[0] === 0 && head[1] === 0 && head[2]! in TYPES && head[3]! >= 1 && head[3]! <= 8

/** The size of the whole file by its header; undefined where `head` does not hold all of that. */
export function promisedBytes(head: Uint8Array): number | undefined {
  const header = 4 + 4 * (head[3] ?? 0)
  if (!isIdx(head) || head.length < header) return undefined
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const shape = Array.from({ length: head[3]! }, (_, axis) => view.getUint32(4 + 4 * axis))
  return header + sizeOf(shape) * TYPES[head[2]!]!.bytes
}

/** Reads an IDX file of any type and rank; `where` names the file in messages. Throws a UserError where it is cut. */
export function readIdx(bytes: Uint8Array, where: string): Omit<NamedArray, 'name'> {
  if (!isIdx(bytes))
    throw new UserError(`${where} is no IDX file: it should begin with two zero bytes, a type and a number of axes.`)
  const type = TYPES[bytes[2]!]!
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = 4 + 4 * bytes[3]!
  const shape: number[] = []
  for (let at = 4; at < header && at + 4 <= bytes.length; at += 4) shape.push(view.getUint32(at))
  const expected = header + sizeOf(shape) * type.bytes
  if (shape.length !== bytes[3] || bytes.length !== expected)
    throw new UserError(
      `${where} is ${bytes.length < expected || shape.length !== bytes[3] ? 'cut' : 'too long'}: its header promises ` +
        `${expected} bytes (${shape.join(' x ')} numbers of ${type.bytes}), but it has ${bytes.length}; get it again.`,
    )
  // Numbers of one byte are used where they lie.
  if (type.bytes === 1 && bytes[2] === 8) return { shape, numbers: bytes.subarray(header) }
  // A copy: `slice` of what Node reads would be a view.
  const own = new Uint8Array(bytes.subarray(header))
  if (type.bytes > 1) swap(own, type.bytes)
  return { shape, numbers: type.of(own.buffer) }
}

/** Reverses the bytes of every number, for machines whose order is the other one, as all of today's is. */
function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
}

/** Images [N, H, W] with rows and columns swapped, as EMNIST keeps them. */
export function transposed(images: Uint8Array, [count, height, width]: readonly number[]): Uint8Array {
  const out = new Uint8Array(images.length)
  const size = height! * width!
  for (let i = 0; i < count!; i++)
    for (let y = 0; y < height!; y++)
      for (let x = 0; x < width!; x++) out[i * size + x * height! + y] = images[i * size + y * width! + x]!
  return out
}

/** The first column of labels [N, K]: QMNIST keeps the class there, and who wrote the digit in the others. */
export function firstColumn(numbers: ArrayNumbers, [count, columns]: readonly number[]): Int32Array {
  return Int32Array.from({ length: count! }, (_, row) => numbers[row * columns!]!)
}
