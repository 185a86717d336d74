import { inflateSync } from 'node:zlib'
import { UserError } from '../errors.js'
import { COMPRESSED, elementAt, MAT_HEADER } from './mat.js'

/** No array of a published file is larger; what unpacks to more is a bomb. */
const MOST = 2 ** 31

/** A MAT file with its compressed elements unpacked. Throws a UserError where one is damaged. */
export function inflateMat(bytes: Uint8Array, where: string): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, MAT_HEADER)]
  for (let at = MAT_HEADER; at < bytes.length; ) {
    const { type, data, end } = elementAt(bytes, at, where)
    parts.push(type === COMPRESSED ? inflate(data, where) : bytes.subarray(at, end))
    at = end
  }
  return Buffer.concat(parts)
}

function inflate(data: Uint8Array, where: string): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: MOST })
  } catch (cause) {
    throw new UserError(`${where} is cut or damaged: an array in it does not unpack; get it again.`, { cause })
  }
}
