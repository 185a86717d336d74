import { UserError } from '../../errors.js'
import type { Split } from '../dataset.js'

const RECORD = 3073
const PIXELS = 3072

/**
 * Reads files of the binary version of CIFAR-10 (records of one label byte and 3 x 32 x 32 pixels, plane after plane)
 * into one split, in their order. `where` names each file in messages. Throws a UserError for a cut file or a label
 * above 9.
 */
export function readCifarBatches(batches: readonly Uint8Array[], where: readonly string[]): Split {
  const count = batches.reduce((sum, bytes) => sum + Math.floor(bytes.length / RECORD), 0)
  const images = new Uint8Array(count * PIXELS)
  const labels = new Uint8Array(count)
  let row = 0
  for (const [index, bytes] of batches.entries()) {
    if (bytes.length === 0 || bytes.length % RECORD !== 0) {
      throw new UserError(
        `${where[index]} is cut or no CIFAR-10 batch: its ${bytes.length} bytes are not a whole number of ` +
          `${RECORD}-byte records; get the file again.`,
      )
    }
    for (let start = 0; start < bytes.length; start += RECORD, row++) {
      const label = bytes[start]!
      if (label > 9) {
        throw new UserError(
          `${where[index]} is no CIFAR-10 batch: record ${start / RECORD} has the label ${label}, ` +
            'and labels go from 0 to 9; get the file again.',
        )
      }
      labels[row] = label
      images.set(bytes.subarray(start + 1, start + RECORD), row * PIXELS)
    }
  }
  return { inputs: images, targets: labels, count }
}
