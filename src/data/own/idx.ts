import { UserError } from '../../errors.js'
import { sizeOf } from '../../graph/types.js'
import type { ArrayNumbers, NamedArray } from './content.js'
import { bytesOf, type Element, numbersIn } from './read/elements.js'

/**
 * The IDX format (Yann LeCun's page "The MNIST database of handwritten digits"): two zero bytes, the type of the
 * numbers, the number of axes, the length of each as a 32-bit word, then the numbers, all big-endian.
 */

/** The types of numbers, by the code that names them. */
const TYPES: Readonly<Record<number, Element>> = {
  ...{ 8: 'uint8', 9: 'int8', 11: 'int16', 12: 'int32', 13: 'float32', 14: 'float64' },
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
  return header + sizeOf(shape) * bytesOf(TYPES[head[2]!]!)
}

/** Reads an IDX file of any type and rank; `where` names the file in messages. Throws a UserError where it is cut. */
export function readIdx(bytes: Uint8Array, where: string): Omit<NamedArray, 'name'> {
  if (!isIdx(bytes))
    throw new UserError(`${where} is no IDX file: it should begin with two zero bytes, a type and a number of axes.`)
  const element = TYPES[bytes[2]!]!
  const size = bytesOf(element)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = 4 + 4 * bytes[3]!
  const shape: number[] = []
  for (let at = 4; at < header && at + 4 <= bytes.length; at += 4) shape.push(view.getUint32(at))
  const expected = header + sizeOf(shape) * size
  if (shape.length !== bytes[3] || bytes.length !== expected)
    throw new UserError(
      `${where} is ${bytes.length < expected || shape.length !== bytes[3] ? 'cut' : 'too long'}: its header promises ` +
        `${expected} bytes (${shape.join(' x ')} numbers of ${size}), but it has ${bytes.length}; get it again.`,
    )
  return { shape, numbers: numbersIn(bytes.subarray(header), element, where, true) }
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
