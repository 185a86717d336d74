import type { DType } from '../graph/index.js'
import type { TensorData } from '../runtime/index.js'

/**
 * The safetensors format: eight bytes with the length of a JSON header (little-endian), the header with type, shape and
 * place of every tensor, and the numbers, one tensor right after the other, in little-endian order.
 */
export interface NamedTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TensorData
}

export interface TensorFile {
  readonly tensors: readonly NamedTensor[]
  readonly metadata: Readonly<Record<string, string>>
}

const CODES: Record<DType, string> = { float32: 'F32', int32: 'I32', bool: 'BOOL' }
const ARRAYS = { F32: Float32Array, I32: Int32Array, BOOL: Uint8Array } as const
const METADATA = '__metadata__'
/** The format's own bound. */
const LONGEST_HEADER = 100_000_000

export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [[METADATA, metadata]]
  let end = 0
  for (const { name, dtype, shape, data } of tensors) {
    entries.push([name, { dtype: CODES[dtype], shape, data_offsets: [end, end + data.byteLength] }])
    end += data.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const start = 8 + Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(start + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true)
  bytes.fill(0x20, 8, start)
  bytes.set(json, 8)
  let offset = start
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    offset += data.byteLength
  }
  return bytes
}

/** Throws an Error that says what is wrong with the bytes, for the caller to say of which file. */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  if (bytes.length < 8) throw new Error(`it has ${bytes.length} bytes, fewer than a header`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length > LONGEST_HEADER || 8 + length > bytes.length)
    throw new Error(
      `its header should have ${length} bytes, but it ends after ${bytes.length}: it was cut or is another format`,
    )
  const header = parseHeader(bytes.subarray(8, 8 + length))
  const { [METADATA]: metadata = {}, ...entries } = header
  const values = Object.values(metadata as object)
  if (values.some((value) => typeof value !== 'string')) throw new Error('its metadata holds something that is no text')
  let end = 0
  const tensors = Object.entries(entries)
    .map(([name, entry]) => ({ name, ...checkEntry(name, entry) }))
    .sort((a, b) => a.from - b.from || a.to - b.to)
    .map(({ name, code, shape, from, to }): NamedTensor => {
      if (from !== end) throw new Error(`the numbers of ${name} begin at byte ${from}, those before end at ${end}`)
      end = to
      if (8 + length + to > bytes.length) throw new Error(`it was cut in the numbers of ${name}`)
      const own = new Uint8Array(bytes.subarray(8 + length + from, 8 + length + to))
      const dtype = (Object.keys(CODES) as DType[]).find((candidate) => CODES[candidate] === code)!
      return { name, dtype, shape, data: new ARRAYS[code](own.buffer) }
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

function checkEntry(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype))
    throw new Error(`${name} has the type ${JSON.stringify(dtype)}; known are ${Object.keys(ARRAYS).join(', ')}`)
  const code = dtype as keyof typeof ARRAYS
  const sizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (!sizes(shape)) throw new Error(`${name} has the shape ${JSON.stringify(shape)}`)
  if (!sizes(offsets) || offsets.length !== 2) throw new Error(`${name} lies at ${JSON.stringify(offsets)}`)
  const [from, to] = offsets as [number, number]
  const wanted = shape.reduce((product, size) => product * size, ARRAYS[code].BYTES_PER_ELEMENT)
  if (to - from !== wanted)
    throw new Error(`${name} ${JSON.stringify(shape)} takes ${wanted} bytes, but has ${to - from}`)
  return { code, shape, from, to }
}
