import { UserError } from '../../errors.js'
import type { Split } from '../dataset.js'
import { firstColumn, readIdx, transposed } from '../own/idx.js'
import type { Source, SourceFile } from '../source.js'

/** What MNIST calls its files, and others after it. */
export const MNIST_NAMES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const

/** A data set in four IDX files: images and labels for training, then for testing. */
export interface IdxSet extends Pick<Source, 'folders' | 'downloads' | 'archive' | 'cached'> {
  readonly names: readonly [string, string, string, string]
  /** Of what each file holds, unpacked; where they are not published, format and counts tell the files. */
  readonly contents?: readonly Pick<SourceFile, 'bytes' | 'sha256'>[]
  /** The counts of images that its published versions have. */
  readonly counts: readonly { readonly train: number; readonly test: number }[]
  readonly classes: number
  /** Height and width. */
  readonly size: readonly [number, number]
  /** The label of the first class. */
  readonly firstLabel?: number
  /** Rows and columns are swapped in the files. */
  readonly isTransposed?: boolean
}

/** The source of such a data set. */
export function idxSource(set: IdxSet): Source {
  const { names, contents, folders, downloads, archive, cached } = set
  return {
    // Some unpackers write train-images.idx3-ubyte for train-images-idx3-ubyte.
    files: names.map((name, i): SourceFile => ({ names: [name, name.replace('-idx', '.idx')], ...contents?.[i] })),
    folders,
    downloads,
    ...(archive !== undefined && { archive }),
    ...(cached !== undefined && { cached }),
    decode(files, where) {
      const train = readPart(files[0]!, files[1]!, where[0]!, where[1]!, set)
      const test = readPart(files[2]!, files[3]!, where[2]!, where[3]!, set)
      if (!set.counts.some((counts) => counts.train === train.count && counts.test === test.count)) {
        const wanted = set.counts.map((counts) => `${counts.train} and ${counts.test}`).join(', or ')
        throw new UserError(
          `${where[0]} and ${where[2]} are not the published files: they hold ${train.count} and ${test.count} images, ` +
            `and ${wanted} were expected; get them again.`,
        )
      }
      return { train, test }
    },
  }
}

function readPart(
  imageBytes: Uint8Array,
  labelBytes: Uint8Array,
  imagesAt: string,
  labelsAt: string,
  { size: [height, width], classes, firstLabel = 0, isTransposed }: IdxSet,
): Split {
  const images = readIdx(imageBytes, imagesAt)
  const [count, ...sides] = images.shape
  if (!(images.numbers instanceof Uint8Array) || sides.join() !== [height, width].join())
    throw new UserError(
      `${imagesAt} holds ${images.shape.join(' x ')} numbers, and images of ${height} x ${width} bytes were expected; ` +
        'get it again.',
    )
  const labels = readIdx(labelBytes, labelsAt)
  if (labels.shape[0] !== count)
    throw new UserError(
      `${imagesAt} holds ${count} images, but ${labelsAt} holds ${labels.shape[0]} labels; get both files again.`,
    )
  // Of QMNIST's eight numbers a digit, the first is the class.
  const own = firstColumn(labels.numbers, [count!, labels.numbers.length / count!])
  const wrong = own.find((label) => label < firstLabel || label >= firstLabel + classes)
  if (wrong !== undefined)
    throw new UserError(
      `${labelsAt} holds the label ${wrong}, and labels go from ${firstLabel} to ${firstLabel + classes - 1}; get it again.`,
    )
  const inputs = isTransposed ? transposed(images.numbers, images.shape) : images.numbers
  return { inputs, targets: Uint8Array.from(own, (label) => label - firstLabel), count: count! }
}
