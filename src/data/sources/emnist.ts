import { labelledImages } from '../dataset.js'
import type { DataSetEntry, Download } from '../source.js'
import { EMNIST_CLASSES } from './emnist-classes.js'
import { type IdxSet, idxSource } from './idx-set.js'

/** All splits of EMNIST are in one archive; size and hash as TensorFlow Datasets publishes them. */
const archive: Download = {
  name: 'gzip.zip',
  bytes: 561753746,
  sha256: 'fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e',
  urls: [
    'https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip',
    'https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip',
  ],
}

type Counts = IdxSet['counts']

/** A split of EMNIST; `counts` are of images, the first those of today's archive. */
export const emnistSource = (split: string, counts: Counts, firstLabel = 0) =>
  idxSource({
    names: [
      `emnist-${split}-train-images-idx3-ubyte`,
      `emnist-${split}-train-labels-idx1-ubyte`,
      `emnist-${split}-test-images-idx3-ubyte`,
      `emnist-${split}-test-labels-idx1-ubyte`,
    ],
    folders: ['emnist', 'EMNIST/raw', 'EMNIST/raw/gzip', 'emnist/gzip', 'EMNIST', 'gzip', '.'],
    archive: archive.name,
    downloads: [archive],
    cached: 'emnist',
    counts,
    classes: EMNIST_CLASSES[split]!.length,
    size: [28, 28],
    firstLabel,
    isTransposed: true,
  })

const entry = (split: string, what: string, counts: Counts, firstLabel = 0): DataSetEntry => ({
  name: `emnist-${split}`,
  title: `EMNIST, handwritten ${what}`,
  ...labelledImages([1, 28, 28], EMNIST_CLASSES[split]!),
  counts: counts[0]!,
  credit: 'NIST; cite Cohen, Afshar, Tapson and van Schaik 2017',
  from: { source: emnistSource(split, counts, firstLabel) },
})

export const emnist: readonly DataSetEntry[] = [
  // The paper counts fewer letters than the archive has come to hold.
  entry(
    'letters',
    'letters',
    [
      { train: 124800, test: 20800 },
      { train: 88800, test: 14800 },
    ],
    1,
  ),
  entry('digits', 'digits', [{ train: 240000, test: 40000 }]),
  entry('balanced', 'digits and letters', [{ train: 112800, test: 18800 }]),
]
