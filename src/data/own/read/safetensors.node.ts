import { UserError } from '../../../errors.js'
import type { NamedArray, Reader } from '../content.js'
import { readBytes } from '../file.node.js'
import { bytesOf, type Element, numbersIn } from './elements.js'
import { storedTensors } from './safetensors.js'

const TYPES: Readonly<Record<string, Element>> = {
  ...{ BOOL: 'bool', U8: 'uint8', I8: 'int8', U16: 'uint16', I16: 'int16', U32: 'uint32', I32: 'int32' },
  ...{ U64: 'uint64', I64: 'int64', F16: 'float16', BF16: 'bfloat16', F32: 'float32', F64: 'float64' },
}

const SIZES = Object.fromEntries(Object.entries(TYPES).map(([type, element]) => [type, bytesOf(element)]))

/** Tensors by their names. */
export const safetensorsReader: Reader = {
  format: 'safetensors',
  recognises: (path) => /\.safetensors(\.gz)?$/i.test(path),
  async read(path, _options, progress) {
    const arrays = arraysIn(await readBytes(path, progress), path)
    if (arrays.length === 0) throw new UserError(`${path} holds no tensors.`)
    return { what: 'safetensors', train: { kind: 'arrays', arrays } }
  },
}

/** In the order of their numbers; `where` names the file. Throws a UserError where it is cut or damaged. */
export function arraysIn(bytes: Uint8Array, where: string): NamedArray[] {
  let stored: ReturnType<typeof storedTensors>
  try {
    stored = storedTensors(bytes, SIZES)
  } catch (cause) {
    throw new UserError(`${where} is no safetensors file that can be read: ${(cause as Error).message}.`, { cause })
  }
  return stored.tensors.map(({ name, type, shape, bytes: own }) => ({
    ...{ name, shape },
    numbers: numbersIn(own, TYPES[type]!, `${name} in ${where}`),
  }))
}
