import { UserError } from '../../errors.js'

/**
 * The IDX format of MNIST: big-endian 32-bit words (a magic number, then the lengths of the axes), then one byte per
 * value. See Yann LeCun's page "The MNIST database of handwritten digits".
 */

const IMAGES = 2051
const LABELS = 2049

/** Images of an IDX file: `count` of `height` x `width` bytes. */
export interface IdxImages {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
}

/** Reads an IDX file of images; `where` names the file in messages. Throws a UserError if it is cut or no such file. */
export function readIdxImages(bytes: Uint8Array, where: string): IdxImages {
  const [count, height, width] = readHeader(bytes, IMAGES, 3, 'images', where)
  return { count: count!, height: height!, width: width!, pixels: bytes.subarray(16) }
}

/** Reads an IDX file of labels, one byte each; `where` as above. */
export function readIdxLabels(bytes: Uint8Array, where: string): Uint8Array {
  readHeader(bytes, LABELS, 1, 'labels', where)
  return bytes.subarray(8)
}

function readHeader(bytes: Uint8Array, magic: number, axes: number, what: string, where: string): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = 4 + 4 * axes
  if (bytes.length < header || view.getUint32(0) !== magic) {
    const found = bytes.length < 4 ? `${bytes.length} bytes` : `the magic number ${view.getUint32(0)}`
    throw new UserError(
      `${where} is no IDX file of ${what}: it should begin with the magic number ${magic} and ${axes} ` +
        `length${axes > 1 ? 's' : ''}, but holds ${found}; get the file again.`,
    )
  }
  const lengths = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis))
  const expected = header + lengths.reduce((product, length) => product * length)
  if (bytes.length !== expected) {
    throw new UserError(
      `${where} is ${bytes.length < expected ? 'cut' : 'too long'}: its header promises ${expected} bytes ` +
        `(${lengths.join(' x ')} values), but it has ${bytes.length}; get the file again.`,
    )
  }
  return lengths
}
