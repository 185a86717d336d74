import { labelledImages } from '../dataset.js'
import type { DataSetEntry } from '../source.js'
import { type IdxSet, idxSource } from './idx-set.js'

const NAMES = [
  'qmnist-train-images-idx3-ubyte',
  'qmnist-train-labels-idx2-int',
  'qmnist-test-images-idx3-ubyte',
  'qmnist-test-labels-idx2-int',
] as const

/** Sizes and hashes of the gzip files as TensorFlow Datasets publishes them. */
const PACKED = [
  { bytes: 9704059, sha256: '9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d' },
  { bytes: 463024, sha256: '2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f' },
  { bytes: 9742279, sha256: '43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375' },
  { bytes: 526800, sha256: '9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06' },
]

export const qmnistSource = (counts: IdxSet['counts']) =>
  idxSource({
    names: NAMES,
    folders: ['qmnist', 'QMNIST/raw', 'QMNIST', '.'],
    downloads: NAMES.map((name, i) => ({
      ...PACKED[i]!,
      name: `${name}.gz`,
      urls: [`https://raw.githubusercontent.com/facebookresearch/qmnist/master/${name}.gz`],
    })),
    counts,
    classes: 10,
    size: [28, 28],
  })

export const qmnist: DataSetEntry = {
  name: 'qmnist',
  title: 'QMNIST, MNIST made anew with all 60,000 test digits',
  ...labelledImages([1, 28, 28], ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']),
  counts: { train: 60000, test: 60000 },
  credit: 'Yadav and Bottou, BSD licence; cite Yadav and Bottou 2019',
  from: { source: qmnistSource([{ train: 60000, test: 60000 }]) },
}
