import { UserError } from '../../errors.js'
import type { Split } from '../dataset.js'

const PIXELS = 64
const MAXIMUM = 16

/**
 * Reads the text format of optdigits: a line per image of 64 comma-separated pixels (0 to 16, row by row) and its
 * class. `where` names the file in messages; a UserError names the first line that is not such a line.
 */
export function readOptdigits(bytes: Uint8Array, where: string): Split {
  const lines = new TextDecoder().decode(bytes).trimEnd().split('\n')
  const images = new Uint8Array(lines.length * PIXELS)
  const labels = new Uint8Array(lines.length)
  for (const [row, line] of lines.entries()) {
    const values = line.split(',').map((value) => (value.trim() === '' ? Number.NaN : Number(value)))
    const label = values[PIXELS]!
    const good =
      values.length === PIXELS + 1 &&
      values.every((value) => Number.isInteger(value) && value >= 0 && value <= MAXIMUM) &&
      label <= 9
    if (!good) {
      throw new UserError(
        `${where} is cut or no optdigits file: line ${row + 1} should hold 64 pixels from 0 to 16 and a class from ` +
          '0 to 9, separated by commas; get the file again.',
      )
    }
    images.set(values.slice(0, PIXELS), row * PIXELS)
    labels[row] = label
  }
  return { inputs: images, targets: labels, count: lines.length }
}
