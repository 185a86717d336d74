import { METADATA, storedTensors } from '../data/own/read/safetensors.js'
import { BYTES, type DType } from '../graph/types.js'
import { ARRAYS, type TensorData } from '../runtime/program.js'

/** Tensors in the safetensors format, of the types that programs have. */
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
const SIZES = Object.fromEntries(Object.entries(CODES).map(([dtype, code]) => [code, BYTES[dtype as DType]]))

export const encodeSafetensors = ({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> =>
  encodeStored(
    tensors.map(({ name, dtype, shape, data }) => ({ name, type: CODES[dtype], shape, data })),
    metadata,
  )

/** Tensors of any types of the format, by what it calls them. The numbers begin at a multiple of 8 bytes. */
export function encodeStored(
  tensors: readonly { name: string; type: string; shape: readonly number[]; data: ArrayBufferView }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [[METADATA, metadata]]
  let end = 0
  for (const { name, type, shape, data } of tensors) {
    entries.push([name, { dtype: type, shape, data_offsets: [end, end + data.byteLength] }])
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
  const { tensors, metadata } = storedTensors(bytes, SIZES)
  return {
    tensors: tensors.map(({ name, type, shape, bytes: own }): NamedTensor => {
      const dtype = (Object.keys(CODES) as DType[]).find((candidate) => CODES[candidate] === type)!
      return { name, dtype, shape, data: new ARRAYS[dtype](new Uint8Array(own).buffer) }
    }),
    metadata,
  }
}
