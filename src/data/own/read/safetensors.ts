import { isPlain, quoted } from '../../../errors.js'

/**
 * The safetensors format: eight bytes with the length of a JSON header (little-endian), the header with type, shape and
 * place of every tensor, and the numbers, one tensor right after the other, in little-endian order.
 */
export interface StoredTensor {
  readonly name: string
  /** As the format writes it: 'F32'. */
  readonly type: string
  readonly shape: readonly number[]
  /** A view of the file. */
  readonly bytes: Uint8Array
}

export interface StoredTensors {
  /** In the order of their numbers. */
  readonly tensors: readonly StoredTensor[]
  readonly metadata: Readonly<Record<string, string>>
}

export const METADATA = '__metadata__'

/** The format's own bound. */
const LONGEST_HEADER = 100_000_000

/**
 * The tensors of a file, of types whose sizes in bytes are in `sizes`. Throws an Error that says what is wrong with the
 * bytes, for the caller to say of which file.
 */
export function storedTensors(bytes: Uint8Array, sizes: Readonly<Record<string, number>>): StoredTensors {
  if (bytes.length < 8) throw new Error(`it has ${bytes.length} bytes, fewer than a header`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length > LONGEST_HEADER || 8 + length > bytes.length)
    throw new Error(
      `its header should have ${length} bytes, but it ends after ${bytes.length}: it was cut or is another format`,
    )
  const header = parseHeader(bytes.subarray(8, 8 + length))
  const { [METADATA]: metadata = {}, ...entries } = header
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw new Error('its metadata is no object')
  if (Object.values(metadata).some((value) => typeof value !== 'string'))
    throw new Error('its metadata holds something that is no text')
  let end = 0
  const tensors = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...checkEntry(name, entry, sizes) }))
    .sort((a, b) => a.from - b.from || a.to - b.to)
    .map(({ name, type, shape, from, to }): StoredTensor => {
      if (from !== end) throw new Error(`the numbers of ${name} begin at byte ${from}, those before end at ${end}`)
      end = to
      if (8 + length + to > bytes.length) throw new Error(`it was cut in the numbers of ${name}`)
      return { name, type, shape, bytes: bytes.subarray(8 + length + from, 8 + length + to) }
    })
  if (8 + length + end !== bytes.length)
    throw new Error(`${bytes.length - 8 - length - end} bytes follow the last tensor`)
  return { tensors, metadata: metadata as Record<string, string> }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error('its header is no JSON: it is damaged or another format')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw new Error('its header is no object')
  return header as Record<string, unknown>
}

/** A value of the header, cut. */
const told = (value: unknown): string => `${JSON.stringify(value)}`.slice(0, 80)

function checkEntry(name: string, entry: unknown, known: Readonly<Record<string, number>>) {
  if (!isPlain(name)) throw new Error(`it holds a tensor of the name ${quoted(name)}`)
  const { dtype: type, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  if (typeof type !== 'string' || !Object.hasOwn(known, type))
    throw new Error(`${name} has the type ${told(type)}; known are ${Object.keys(known).join(', ')}`)
  const sizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (!sizes(shape)) throw new Error(`${name} has the shape ${told(shape)}`)
  if (!sizes(offsets) || offsets.length !== 2) throw new Error(`${name} lies at ${told(offsets)}`)
  const [from, to] = offsets as [number, number]
  const wanted = shape.reduce((product, size) => product * size, known[type]!)
  if (to - from !== wanted) throw new Error(`${name} ${told(shape)} takes ${wanted} bytes, but has ${to - from}`)
  return { type, shape, from, to }
}
