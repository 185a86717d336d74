import { UserError } from '../../errors.js'

export const PIXELS = 3072

/** Pixels [N, 3, 32, 32] and labels of records of the binary versions of CIFAR. */
export interface CifarRecords {
  readonly count: number
  readonly pixels: Uint8Array
  /** Of each of the leading bytes of a record: [N]. */
  readonly labels: readonly Uint8Array[]
}

/**
 * Reads a file of records: a byte for each of `classes`, the numbers of classes that the label is one of, then 3 x 32 x
 * 32 pixels, plane after plane. `where` names the file in messages. Throws a UserError for a cut file, or a label that
 * is no class.
 */
export function readCifarRecords(bytes: Uint8Array, classes: readonly number[], where: string): CifarRecords {
  const record = classes.length + PIXELS
  const count = bytes.length / record
  if (bytes.length === 0 || !Number.isInteger(count))
    throw new UserError(
      `${where} is cut or no file of CIFAR: its ${bytes.length} bytes are not a whole number of ${record}-byte ` +
        'records; get the file again.',
    )
  const pixels = new Uint8Array(count * PIXELS)
  const labels = classes.map(() => new Uint8Array(count))
  for (let row = 0; row < count; row++) {
    const first = row * record
    for (const [k, own] of labels.entries()) {
      own[row] = bytes[first + k]!
      if (own[row]! >= classes[k]!)
        throw new UserError(
          `${where} is no file of CIFAR: record ${row} has the label ${own[row]}, and labels go from 0 to ` +
            `${classes[k]! - 1}; get the file again.`,
        )
    }
    pixels.set(bytes.subarray(first + classes.length, first + record), row * PIXELS)
  }
  return { count, pixels, labels }
}
