import { labelledImages, type Split } from '../dataset.js'
import type { DataSetEntry, SourceFile } from '../source.js'
import { PIXELS, readCifarRecords } from './cifar-records.js'

const batch = (name: string, sha256: string): SourceFile => ({ names: [name], bytes: 30730000, sha256 })

/** Its classes, in the order of their labels. */
export const CIFAR_10: readonly string[] = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
]
const CLASSES = CIFAR_10.length

export const cifar10: DataSetEntry = {
  name: 'cifar-10',
  title: 'CIFAR-10, small colour photographs',
  ...labelledImages([3, 32, 32], CIFAR_10),
  counts: { train: 50000, test: 10000 },
  credit: 'Krizhevsky, Nair and Hinton; cite Krizhevsky 2009',
  from: {
    source: {
      files: [
        batch('data_batch_1.bin', 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'),
        batch('data_batch_2.bin', 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'),
        batch('data_batch_3.bin', 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'),
        batch('data_batch_4.bin', '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'),
        batch('data_batch_5.bin', '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'),
        batch('test_batch.bin', '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'),
      ],
      folders: ['cifar-10-batches-bin', 'cifar-10', 'cifar-10/cifar-10-batches-bin', 'cifar10', 'CIFAR10', '.'],
      archive: 'cifar-10-binary.tar.gz',
      downloads: [
        {
          name: 'cifar-10-binary.tar.gz',
          bytes: 170052171,
          sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
          urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
        },
      ],
      decode(contents, where) {
        return {
          train: readCifarBatches(contents.slice(0, 5), where.slice(0, 5)),
          test: readCifarBatches(contents.slice(5), where.slice(5)),
        }
      },
    },
  },
}

/**
 * Reads files of the binary version of CIFAR-10 into one split, in their order. `where` names each file in messages.
 * Throws a UserError for a cut file or a label above 9.
 */
export function readCifarBatches(batches: readonly Uint8Array[], where: readonly string[]): Split {
  const parts = batches.map((bytes, i) => readCifarRecords(bytes, [CLASSES], where[i]!))
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const inputs = new Uint8Array(count * PIXELS)
  const targets = new Uint8Array(count)
  let row = 0
  for (const { count: own, pixels, labels } of parts) {
    inputs.set(pixels, row * PIXELS)
    targets.set(labels[0]!, row)
    row += own
  }
  return { inputs, targets, count }
}
