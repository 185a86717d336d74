import { storedTensors } from '../../../data/own/read/safetensors.js'
import { encodeStored } from '../../../train/safetensors.js'

/** Numbers as they travel: the types of the safetensors format that an upload may have. */
const ARRAYS = { F32: Float32Array, F64: Float64Array, I8: Int8Array } as const
type UploadType = keyof typeof ARRAYS
type UploadData = Float32Array | Float64Array | Int8Array

export interface UploadTensor {
  readonly name: string
  readonly type: UploadType
  readonly shape: readonly number[]
  readonly data: UploadData
}

export interface UploadFile {
  readonly tensors: readonly UploadTensor[]
  readonly metadata: Readonly<Record<string, string>>
}

const SIZES = Object.fromEntries(Object.entries(ARRAYS).map(([type, array]) => [type, array.BYTES_PER_ELEMENT]))

/** As safetensors. */
export const encodeFile = ({ tensors, metadata }: UploadFile): Uint8Array<ArrayBuffer> =>
  encodeStored(tensors, metadata)

/** No header of an upload is longer: its bytes are a stranger's. */
const LONGEST_HEADER = 65_536

/** Throws an Error that says what is wrong with the bytes. */
export function decodeFile(bytes: Uint8Array): UploadFile {
  if (bytes.length < 8) throw new Error(`it has ${bytes.length} bytes, fewer than a header`)
  const header = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (header > LONGEST_HEADER) throw new Error(`its header has ${header} bytes, more than ${LONGEST_HEADER}`)
  const { tensors, metadata } = storedTensors(bytes, SIZES)
  return {
    metadata,
    tensors: tensors.map(({ name, type, shape, bytes: own }) => {
      // The numbers may lie at any place of what was received: a copy lies at the begin of its own buffer.
      const data = new ARRAYS[type as UploadType](new Uint8Array(own).buffer)
      return { name, type: type as UploadType, shape, data }
    }),
  }
}
