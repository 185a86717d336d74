// What a network learns from: images, labels, their order and their changes.
const batches = 'src/data/batches.ts'
const split = 'src/data/split.ts'
const augment = 'src/data/augment.ts'
const options = 'src/train/options.ts'
const locate = 'src/data/locate.node.ts'
const made = 'src/data/made.node.ts'
const download = 'src/data/download.node.ts'
const cifar = 'src/data/sources/cifar-records.ts'
const idx = 'src/data/own/idx.ts'

export default [
  {
    what: 'a file with other contents than the published is read',
    file: locate,
    find: 'if (sha256 !== file.sha256) {',
    replace: 'if (false) {',
    tests: 'data/load',
  },
  {
    what: 'what the cache holds is trusted',
    file: made,
    find: 'hashOf(kept) === sha256',
    replace: 'kept.length > 0',
    tests: 'data/made',
  },
  {
    what: 'drawn images are put together with the labels of the others',
    file: made,
    find: 'flatMap(({ inputs, targets }) => [inputs, targets])',
    replace: 'flatMap(({ inputs, targets }) => [targets, inputs])',
    tests: 'data/made',
  },
  {
    what: 'a download with the wrong contents takes its place',
    file: download,
    find: 'if (sha256 === file.sha256) return undefined',
    replace: 'return undefined',
    tests: 'data/download',
  },
  {
    what: 'a cut IDX file is read',
    file: idx,
    find: 'shape.length !== bytes[3] || bytes.length !== expected)',
    replace: 'shape.length !== bytes[3] || bytes.length > expected)',
    tests: 'data/formats',
  },
  {
    what: 'the labels of CIFAR are read from the end of each record',
    file: cifar,
    find: 'own[row] = bytes[first + k]!',
    replace: 'own[row] = bytes[first + record - 1]! % 10',
    tests: 'data/formats',
  },
  {
    what: 'one image stands twice in an epoch, and another one never',
    file: batches,
    find: '    places[i] = places[place]!\n',
    replace: '    places[i] = i === 3 ? places[0]! : places[place]!\n',
    tests: 'data/batches',
  },
  {
    what: 'held-out images are trained on, too',
    file: split,
    find: 'return { train: select(split, where(0)), validation',
    replace: 'return { train: split, validation',
    tests: 'data/',
    names: 'held out|hold|validation',
  },
  {
    what: 'every epoch changes an image alike',
    file: augment,
    find: "draw('change', index, epoch)",
    replace: "draw('change', index, 0)",
    tests: 'data/augment',
  },
  {
    what: 'every image is mirrored',
    file: augment,
    find: 'mirror: flip && isMirrored(index, words[3]!)',
    replace: 'mirror: flip',
    tests: 'data/augment',
  },
  {
    what: 'an alternating flip mirrors the same half in every epoch',
    file: augment,
    find: '=== (epoch % 2 === 0)',
    replace: '=== true',
    tests: 'data/augment',
  },
  {
    what: 'a cut-out is as wide as it should be, and twice as high',
    file: augment,
    find: 'y < Math.min(height, top + side)',
    replace: 'y < Math.min(height, top + 2 * side)',
    tests: 'data/augment',
  },
  {
    what: 'the cut-out of images with few levels is a level beside the middle',
    file: augment,
    find: 'value.length < 256',
    replace: 'value.length < 2',
    tests: 'data/augment',
    names: 'few levels',
  },
  {
    what: 'a cut-out may hide a whole image',
    file: options,
    find: 'augment.cutout >= Math.min(',
    replace: 'augment.cutout > Math.max(',
    tests: 'train/options',
  },
  {
    what: 'a padding that nothing brings in is taken',
    file: options,
    find: '  checkPadding(options, complete.options)\n',
    replace: '',
    tests: 'train/options',
  },
  {
    what: 'who takes the shift out of a preset has to name its padding',
    file: options,
    find: "wished.augment?.padding !== 'reflect'",
    replace: "augment.padding !== 'reflect'",
    tests: 'train/options',
    names: 'padding',
  },
]
