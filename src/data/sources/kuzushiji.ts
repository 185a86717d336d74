import { labelledImages } from '../dataset.js'
import type { DataSetEntry } from '../source.js'
import { type IdxSet, idxSource, MNIST_NAMES } from './idx-set.js'

/** Sizes and hashes of the gzip files as TensorFlow Datasets publishes them. */
const PACKED = [
  { bytes: 18165135, sha256: '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4' },
  { bytes: 29497, sha256: 'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17' },
  { bytes: 3041136, sha256: 'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5' },
  { bytes: 5120, sha256: '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c' },
]

export const kmnistSource = (counts: IdxSet['counts']) =>
  idxSource({
    names: MNIST_NAMES,
    // The files have the names of MNIST's: they are looked for only where the folder says what they are.
    folders: ['kmnist', 'KMNIST/raw', 'kmnist/raw', 'KMNIST', 'kuzushiji-mnist'],
    downloads: MNIST_NAMES.map((name, i) => ({
      ...PACKED[i]!,
      name: `${name}.gz`,
      urls: [
        `http://codh.rois.ac.jp/kmnist/dataset/kmnist/${name}.gz`,
        `https://codh.rois.ac.jp/kmnist/dataset/kmnist/${name}.gz`,
      ],
    })),
    counts,
    classes: 10,
    size: [28, 28],
  })

export const kmnist: DataSetEntry = {
  name: 'kmnist',
  title: 'Kuzushiji-MNIST, cursive Japanese characters',
  ...labelledImages([1, 28, 28], ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo']),
  counts: { train: 60000, test: 10000 },
  credit: 'CODH, CC BY-SA 4.0; cite Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto and Ha 2018',
  from: { source: kmnistSource([{ train: 60000, test: 10000 }]) },
}
