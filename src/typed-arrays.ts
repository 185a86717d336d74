/**
 * Typed arrays of any realm. Jest, `node:vm` and frames have constructors of their own, and workers answer with arrays
 * of another realm than their caller's: `instanceof` is false of them, though they are what they should be.
 */

/** The name of the built-in kind of a value, whatever realm it is of: 'Float32Array', 'ArrayBuffer', 'Array'. */
export const kindOfObject = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)

const KINDS = {
  ...{ Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array },
  ...{ Float32Array, Float64Array, BigInt64Array, BigUint64Array },
}

export type AnyTypedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** Whether this is a typed array of that kind, of any realm. */
export const isTyped = (value: unknown, kind: string): boolean =>
  ArrayBuffer.isView(value) && kindOfObject(value) === kind

/**
 * The same numbers as an array of this realm and of no kind derived from one, such as Node's Buffer: a view, not a copy.
 * Undefined for what is no typed array, or is of a kind that this library does not know.
 */
export function ofThisRealm(value: unknown): AnyTypedArray | undefined {
  if (!ArrayBuffer.isView(value)) return undefined
  const kind = kindOfObject(value)
  if (!Object.hasOwn(KINDS, kind)) return undefined
  const own = KINDS[kind as keyof typeof KINDS]
  const array = value as AnyTypedArray
  if (array.constructor === own) return array
  return new own(array.buffer as ArrayBuffer, array.byteOffset, array.length)
}

/** Whether two arrays hold the same bytes. They may be large, so no list is made of them, and the same memory is not read. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  if (a.buffer === b.buffer && a.byteOffset === b.byteOffset) return true
  return a.every((byte, i) => byte === b[i])
}
