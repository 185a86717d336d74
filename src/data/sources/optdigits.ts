import { UserError } from '../../errors.js'
import { labelledImages, type Split } from '../dataset.js'
import type { DataSetEntry, Download } from '../source.js'

const file = (name: string, bytes: number, sha256: string): Download => ({
  name,
  bytes,
  sha256,
  urls: [`https://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/${name}`],
})

const train = file('optdigits.tra', 563639, 'e1b683cc211604fe8fd8c4417e6a69f31380e0c61d4af22e93cc21e9257ffedd')
const test = file('optdigits.tes', 264712, '6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8')

export const optdigits: DataSetEntry = {
  name: 'optdigits',
  title: 'Optical recognition of handwritten digits (UCI)',
  ...labelledImages([1, 8, 8], ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], 17),
  counts: { train: 3823, test: 1797 },
  credit: 'Alpaydin and Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0',
  from: {
    source: {
      files: [train, test].map(({ name, bytes, sha256 }) => ({ names: [name], bytes, sha256 })),
      folders: ['optdigits', '.', 'optical+recognition+of+handwritten+digits'],
      downloads: [train, test],
      decode(contents, where) {
        return { train: readOptdigits(contents[0]!, where[0]!), test: readOptdigits(contents[1]!, where[1]!) }
      },
    },
  },
}

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
