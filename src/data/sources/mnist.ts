import { labelledImages } from '../dataset.js'
import type { DataSetEntry, Source } from '../source.js'
import { idxSource, MNIST_NAMES } from './idx-set.js'

/** Bytes of training images and labels, test images and labels, unpacked. */
const BYTES = [47040016, 60008, 7840016, 10008]

interface Published {
  /** SHA-256 of the contents of each file. */
  readonly contents: readonly string[]
  /** The gzip files as the mirrors have them. */
  readonly packed: readonly { readonly bytes: number; readonly sha256: string }[]
  readonly folders: readonly string[]
  readonly mirrors: readonly string[]
}

/** MNIST, and another data set of the same names, sizes and format. */
const source = ({ contents, packed, folders, mirrors }: Published): Source =>
  idxSource({
    names: MNIST_NAMES,
    contents: contents.map((sha256, i) => ({ bytes: BYTES[i]!, sha256 })),
    folders,
    downloads: MNIST_NAMES.map((name, i) => ({
      ...packed[i]!,
      name: `${name}.gz`,
      urls: mirrors.map((mirror) => `${mirror}/${name}.gz`),
    })),
    counts: [{ train: 60000, test: 10000 }],
    classes: 10,
    size: [28, 28],
  })

export const mnist: DataSetEntry = {
  name: 'mnist',
  title: 'MNIST, handwritten digits',
  ...labelledImages([1, 28, 28], ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']),
  counts: { train: 60000, test: 10000 },
  credit: 'LeCun, Cortes and Burges; cite LeCun, Bottou, Bengio and Haffner 1998',
  from: {
    source: source({
      contents: [
        'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
        '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
        '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
        'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      ],
      packed: [
        { bytes: 9912422, sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609' },
        { bytes: 28881, sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c' },
        { bytes: 1648877, sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6' },
        { bytes: 4542, sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6' },
      ],
      folders: ['mnist', 'MNIST/raw', 'mnist/raw', 'MNIST', 'raw', '.'],
      mirrors: ['https://storage.googleapis.com/cvdf-datasets/mnist', 'https://ossci-datasets.s3.amazonaws.com/mnist'],
    }),
  },
}

export const fashionMnist: DataSetEntry = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST, pieces of clothing',
  ...labelledImages(
    [1, 28, 28],
    ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  ),
  counts: { train: 60000, test: 10000 },
  credit: 'Zalando SE, MIT licence; cite Xiao, Rasul and Vollgraf 2017',
  from: {
    source: source({
      contents: [
        'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
        'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
        '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
        '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      ],
      packed: [
        { bytes: 26421880, sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84' },
        { bytes: 29515, sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845' },
        { bytes: 4422102, sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073' },
        { bytes: 5148, sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5' },
      ],
      folders: [
        'fashion-mnist',
        'fashion-mnist/data/fashion',
        'FashionMNIST/raw',
        'FashionMNIST',
        'fashion_mnist',
        'fashion',
        'data/fashion',
        'raw',
        '.',
      ],
      mirrors: [
        'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion',
        'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
      ],
    }),
  },
}
