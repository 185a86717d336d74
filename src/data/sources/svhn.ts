import { UserError } from '../../errors.js'
import { labelledImages, type Split } from '../dataset.js'
import { readMat } from '../mat.js'
import { transposed } from '../own/idx.js'
import type { DataSetEntry, Source } from '../source.js'

const URL = 'http://ufldl.stanford.edu/housenumbers'

/** Sizes and hashes as TensorFlow Datasets publishes them. */
const FILES = [
  {
    name: 'train_32x32.mat',
    bytes: 182040794,
    sha256: '435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8',
  },
  {
    name: 'test_32x32.mat',
    bytes: 64275384,
    sha256: 'cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b',
  },
] as const

/** The source of the cropped digits in these files. */
export const svhnSource = (
  files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[],
): Source => ({
  files: files.map(({ name, bytes, sha256 }) => ({ names: [name], bytes, sha256, isMat: true })),
  folders: ['svhn', 'SVHN', '.'],
  downloads: files.map((file) => ({ ...file, urls: [`${URL}/${file.name}`] })),
  decode: (contents, where) => ({
    train: readSvhn(contents[0]!, where[0]!),
    test: readSvhn(contents[1]!, where[1]!),
  }),
})

/**
 * Reads the arrays of one file: images X [32, 32, 3, N] in MATLAB's order, and labels y [N, 1], where 10 is the digit 0.
 */
export function readSvhn(bytes: Uint8Array, where: string): Split {
  const arrays = readMat(bytes, where)
  const [images, labels] = [arrays.get('X'), arrays.get('y')]
  const [height, width, channels, count] = images?.shape ?? []
  const isRight = height === 32 && width === 32 && channels === 3 && labels?.numbers.length === count
  if (!isRight || !(images!.numbers instanceof Uint8Array))
    throw new UserError(
      `${where} is no file of SVHN: images X of 32 x 32 x 3 x N bytes and labels y of N numbers were expected; get it again.`,
    )
  const wrong = labels!.numbers.find((label) => !Number.isInteger(label) || label < 1 || label > 10)
  if (wrong !== undefined)
    throw new UserError(`${where} holds the label ${wrong}, and labels go from 1 to 10; get it again.`)
  // In MATLAB's order, each plane is there column by column.
  const inputs = transposed(images!.numbers, [count! * 3, 32, 32])
  return { inputs, targets: Uint8Array.from(labels!.numbers, (label) => label % 10), count: count! }
}

export const svhn: DataSetEntry = {
  name: 'svhn',
  title: 'SVHN, cropped house numbers',
  ...labelledImages([3, 32, 32], ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']),
  counts: { train: 73257, test: 26032 },
  credit: 'for non-commercial use; cite Netzer, Wang, Coates, Bissacco, Wu and Ng 2011',
  from: { source: svhnSource(FILES) },
}
