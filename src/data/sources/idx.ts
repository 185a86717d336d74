import { UserError } from '../../errors.js'
import type { Split } from '../dataset.js'
import { readIdxImages, readIdxLabels } from '../formats/idx.js'
import type { Download, Source, SourceFile } from '../source.js'

/** One of the four files of a data set in MNIST's format: the sizes and SHA-256 of contents and of the gzip file. */
interface IdxFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly gzip: { readonly bytes: number; readonly sha256: string }
}

/** A source in MNIST's format; `files` are training images, training labels, test images, test labels. */
export function idxSource(
  files: readonly [IdxFile, IdxFile, IdxFile, IdxFile],
  folders: readonly string[],
  mirrors: readonly [string, ...string[]],
): Source {
  const download = ({ name, gzip }: IdxFile): Download => {
    const [first, ...others] = mirrors.map((mirror) => `${mirror}/${name}.gz`)
    return { name: `${name}.gz`, ...gzip, urls: [first!, ...others] }
  }
  return {
    // Some unpackers write train-images.idx3-ubyte for train-images-idx3-ubyte.
    files: files.map(({ name, bytes, sha256 }): SourceFile => {
      return { names: [name, name.replace('-idx', '.idx')], bytes, sha256 }
    }),
    folders,
    downloads: [download(files[0]), ...files.slice(1).map(download)],
    decode(contents, where) {
      const split = (images: number, labels: number): Split => {
        const { count, pixels } = readIdxImages(contents[images]!, where[images]!)
        const classes = readIdxLabels(contents[labels]!, where[labels]!)
        if (classes.length !== count) {
          throw new UserError(
            `${where[images]} holds ${count} images, but ${where[labels]} holds ${classes.length} labels; ` +
              'get both files again.',
          )
        }
        return { inputs: pixels, targets: classes, count }
      }
      return { train: split(0, 1), test: split(2, 3) }
    },
  }
}
