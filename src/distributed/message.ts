import { storedTensors } from '../data/own/read/safetensors.js'
import { encodeStored } from '../train/safetensors.js'
import { crc32 } from './crc.js'
import type { Message } from './transport.js'

/** The types of tensors that travel, as the safetensors format calls them, and what holds their numbers. */
const ARRAYS = { F32: Float32Array, F64: Float64Array, I32: Int32Array, I8: Int8Array, BOOL: Uint8Array } as const
export type WireType = keyof typeof ARRAYS
export type WireData = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array

export interface WireTensor {
  readonly name: string
  readonly type: WireType
  readonly shape: readonly number[]
  readonly data: WireData
}

/** What a message must hold, by name. */
export type WireLayout = Readonly<Record<string, Pick<WireTensor, 'type' | 'shape'>>>

/** What arrived is not what was to come: it is damaged, of another version, or somebody means harm. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

const SIZES = Object.fromEntries(Object.entries(ARRAYS).map(([type, array]) => [type, array.BYTES_PER_ELEMENT]))
const CRC = 'onward-crc'
/** In bytes: thousands of tensors fit, and a stranger's header costs little to read. */
const LONGEST_HEADER = 2 ** 16

/** Tensors as a message: safetensors, with the CRC-32 of all of it among the headers. */
export function encodeMessage(
  tensors: readonly WireTensor[],
  headers: Readonly<Record<string, string>> = {},
): Pick<Message, 'headers' | 'payload'> {
  const payload = encodeStored(tensors, {})
  return { payload, headers: { ...headers, [CRC]: crc32(payload).toString(16) } }
}

/**
 * The tensors of a message: exactly those of the layout, of its types and shapes, in any order, and nothing else.
 * `finite`: none holds an infinite number or none at all. Throws a `MalformedError` that says what is wrong.
 */
export function decodeMessage(
  { headers, payload }: Pick<Message, 'headers' | 'payload'>,
  layout: WireLayout,
  { finite = false }: { readonly finite?: boolean } = {},
): Record<string, WireData> {
  // Object.entries and this object know no prototypes: a tensor may have any name.
  const decoded: Record<string, WireData> = Object.create(null)
  for (const { name, type, shape, bytes } of checkedTensors(headers, payload)) {
    const wanted = Object.hasOwn(layout, name) ? layout[name]! : fail(`it holds ${name}, which nobody asked for`)
    if (type !== wanted.type || shape.join() !== wanted.shape.join())
      fail(`${name} is ${type} [${shape}], not ${wanted.type} [${wanted.shape}]`)
    // A copy begins at the begin of its own memory, where numbers of any size may.
    const data = new ARRAYS[wanted.type](new Uint8Array(bytes).buffer)
    if (wanted.type === 'BOOL' && data.some((byte) => byte > 1)) fail(`${name} holds what is neither true nor false`)
    if (finite && !data.every(Number.isFinite)) fail(`${name} holds a number that is not finite`)
    decoded[name] = data
  }
  for (const name of Object.keys(layout)) if (!(name in decoded)) fail(`${name} is missing`)
  return decoded
}

function checkedTensors(headers: Message['headers'], payload: Uint8Array) {
  const crc = crc32(payload).toString(16)
  if (headers[CRC] !== crc) fail(`its CRC-32 is ${crc}, and should be ${headers[CRC]}`)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const header = payload.length < 8 ? 0n : view.getBigUint64(0, true)
  if (header > LONGEST_HEADER) fail(`its header has ${header} bytes, more than ${LONGEST_HEADER}`)
  try {
    return storedTensors(payload, SIZES).tensors
  } catch (error) {
    return fail((error as Error).message)
  }
}

function fail(what: string): never {
  throw new MalformedError(what)
}
