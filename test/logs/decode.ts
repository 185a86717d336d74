// Event files read without the code that writes them: the framing, its sums bit by bit, and protobuf by its wire format.
import assert from 'node:assert/strict'

/** CRC-32C by long division over polynomials, a bit at a time (Castagnoli's polynomial, reflected). */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const low = (rest ^ (byte >> bit)) & 1
      rest = (rest >>> 1) ^ (low ? 0x82f63b78 : 0)
    }
  return (rest ^ 0xffffffff) >>> 0
}

const mask = (crc: number): number =>
  Number((((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) + 0xa282ead8n) & 0xffffffffn)

/** The data of each record. Throws where a length or a sum is wrong, or something is left over. */
export function recordsIn(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const found: Uint8Array[] = []
  let at = 0
  while (at < file.length) {
    const length = Number(view.getBigUint64(at, true))
    assert.equal(view.getUint32(at + 8, true), mask(crc32c(file.subarray(at, at + 8))), 'the sum of the length')
    const data = file.subarray(at + 12, at + 12 + length)
    assert.equal(view.getUint32(at + 12 + length, true), mask(crc32c(data)), 'the sum of the data')
    found.push(data)
    at += 16 + length
  }
  assert.equal(at, file.length)
  return found
}

type Raw = bigint | Uint8Array

/** The fields of a message by their numbers, each as often as it is there: whole numbers, or bytes of any other kind. */
export function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, Raw[]> {
  const found = new Map<number, Raw[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++]!)
      value |= (byte & 127n) << shift
      if (byte < 128n) return value
    }
  }
  const take = (length: number): Uint8Array => {
    at += length
    assert.ok(at <= bytes.length, 'a field ends within its message')
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const kind = key & 7
    const value =
      kind === 0
        ? varint()
        : kind === 1
          ? take(8)
          : kind === 5
            ? take(4)
            : kind === 2
              ? take(Number(varint()))
              : undefined
    assert.ok(value !== undefined, `wire type ${kind}`)
    found.set(key >> 3, [...(found.get(key >> 3) ?? []), value])
  }
  return found
}

export const textIn = (raw: Raw | undefined): string => new TextDecoder().decode(raw as Uint8Array)
export const doubleIn = (raw: Raw | undefined): number => {
  const bytes = raw as Uint8Array
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return bytes.length === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true)
}

export interface DecodedEvent {
  readonly time: number
  readonly step: number
  readonly version?: string
  readonly session?: number
  readonly values: readonly { readonly tag: string; readonly fields: ReadonlyMap<number, Raw[]> }[]
}

/** The events of an event file. */
export const eventsIn = (file: Uint8Array): DecodedEvent[] =>
  recordsIn(file).map((data) => {
    const event = fieldsOf(data)
    const summary = event.get(5)?.[0] as Uint8Array | undefined
    const session = event.get(7)?.[0] as Uint8Array | undefined
    return {
      time: doubleIn(event.get(1)![0]),
      step: Number(event.get(2)?.[0] ?? 0n),
      ...(event.has(3) && { version: textIn(event.get(3)![0]) }),
      ...(session && { session: Number(fieldsOf(session).get(1)![0]) }),
      values: (summary ? (fieldsOf(summary).get(1) ?? []) : []).map((raw) => {
        const fields = fieldsOf(raw as Uint8Array)
        return { tag: textIn(fields.get(1)![0]), fields }
      }),
    }
  })
