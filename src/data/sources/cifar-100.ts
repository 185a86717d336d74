import { UserError } from '../../errors.js'
import { labelledImages, type Split } from '../dataset.js'
import type { DataSetEntry, Source } from '../source.js'
import { COARSE, FINE } from './cifar-100-classes.js'
import { readCifarRecords } from './cifar-records.js'

interface Counts {
  readonly train: number
  readonly test: number
}

/** CIFAR-100 with its fine labels, told by its format and counts. */
export function cifar100Source(counts: Counts): Source {
  const read = (bytes: Uint8Array, where: string, wanted: number): Split => {
    const { count, pixels, labels } = readCifarRecords(bytes, [COARSE.length, FINE.length], where)
    if (count !== wanted)
      throw new UserError(
        `${where} is not the published file: it holds ${count} images, and ${wanted} were expected; get it again.`,
      )
    return { inputs: pixels, targets: labels[1]!, count }
  }
  return {
    files: [{ names: ['train.bin'] }, { names: ['test.bin'] }],
    folders: ['cifar-100-binary', 'cifar-100', 'cifar-100/cifar-100-binary', 'cifar100', 'CIFAR100', '.'],
    archive: 'cifar-100-binary.tar.gz',
    downloads: [
      {
        name: 'cifar-100-binary.tar.gz',
        // As TensorFlow Datasets publishes them.
        bytes: 168513733,
        sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
        urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
      },
    ],
    decode: (contents, where) => ({
      train: read(contents[0]!, where[0]!, counts.train),
      test: read(contents[1]!, where[1]!, counts.test),
    }),
  }
}

export const cifar100: DataSetEntry = {
  name: 'cifar-100',
  title: 'CIFAR-100, small colour photographs of 100 classes',
  ...labelledImages([3, 32, 32], FINE),
  counts: { train: 50000, test: 10000 },
  credit: 'Krizhevsky, Nair and Hinton; cite Krizhevsky 2009',
  from: { source: cifar100Source({ train: 50000, test: 10000 }) },
}
