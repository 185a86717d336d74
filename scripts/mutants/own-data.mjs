// One's own data: what they mean, how they are found, and whether they are the same.
const targets = 'src/data/own/targets.ts'
const levels = 'src/data/own/levels.ts'
const layout = 'src/data/own/layout.ts'
const elements = 'src/data/own/read/elements.ts'
const kept = 'src/data/own/kept.node.ts'
const fingerprint = 'src/data/own/fingerprint.node.ts'
const memory = 'src/data/own/memory.node.ts'
const beside = 'src/data/own/beside.node.ts'
const locate = 'src/data/locate.node.ts'
const svhn = 'src/data/sources/svhn.ts'

const meanings = { tests: 'own/arrays' }
const loading = { tests: 'own/load-own' }

export default [
  {
    what: 'a float that is nearly 0 is a black byte',
    file: levels,
    find: '(level !== 0 || number === 0)',
    replace: 'true',
    ...meanings,
  },
  {
    what: 'bytes beside bytes divided by 255 are read as real numbers',
    file: levels,
    find: 'parts.length > 1 && parts.some(isShare)',
    replace: 'false && parts.some(isShare)',
    ...meanings,
  },
  {
    what: 'times of one afternoon fall together',
    file: 'src/data/own/single-precision.ts',
    find: 'const COARSE = 1e-3',
    replace: 'const COARSE = 1e3',
    ...meanings,
  },
  {
    what: 'truth values are nearly black pictures',
    file: levels,
    find: 'levels < 256 ||',
    replace: 'levels > 0 ||',
    ...meanings,
  },
  {
    what: 'a data folder beside a path is ignored',
    file: 'src/data/own/own.node.ts',
    find: 'if (options.dataDir !== undefined)',
    replace: 'if (false)',
    ...loading,
  },
  {
    what: 'a class without a sample to train is not told',
    file: 'src/data/own/own.node.ts',
    find: 'names.filter((_, label) => !met.has(label))',
    replace: 'names.filter(() => false)',
    ...loading,
  },
  {
    what: 'a packed file is unpacked whatever its length',
    file: 'src/data/own/file.node.ts',
    find: '(allowed ?? Number.POSITIVE_INFINITY)',
    replace: 'Number.POSITIVE_INFINITY',
    ...loading,
  },
  {
    what: 'labels from 1 are not moved to begin at 0',
    file: targets,
    find: 'Int32Array.from(numbers, (number) => number - shift)',
    replace: 'Int32Array.from(numbers)',
    ...meanings,
  },
  {
    what: 'several labels with one 1 in some rows are taken for classes',
    file: targets,
    find: 'if (ones !== 1) return false',
    replace: 'if (ones === 1) return true',
    ...meanings,
  },
  {
    what: 'every float from 0 to 1 is taken for a byte that was divided',
    file: levels,
    find: 'Math.abs(number * 255 - level) < 1e-4',
    replace: 'true',
    ...meanings,
  },
  {
    what: 'the last axis of a picture is never its channels',
    file: layout,
    find: '[fits(a, b, c), fits(c, a, b)]',
    replace: '[fits(a, b, c), false]',
    ...meanings,
  },
  {
    what: 'the bytes of a file are changed while its numbers are turned',
    file: elements,
    find: 'const out = new Uint8Array(bytes.length)',
    replace: 'const out = bytes',
    ...loading,
  },
  {
    what: 'other data than those of the run are taken',
    file: kept,
    find: 'if (fingerprint === undefined || now.fingerprint === fingerprint) return',
    replace: 'return',
    ...loading,
  },
  {
    what: 'the fingerprint does not see the targets',
    file: fingerprint,
    find: '[inputs, targets ?? new Uint8Array()]',
    replace: '[inputs]',
    ...loading,
  },
  {
    what: 'what does not fit into memory is read',
    file: memory,
    find: 'if (bytes <= most) return',
    replace: 'return',
    ...loading,
  },
  {
    what: 'the part for testing is not found beside that for training',
    file: beside,
    find: "const isTest = roleOf(basename(path)).part === 'test'",
    replace: 'const isTest = true',
    ...loading,
  },
  {
    what: 'a file of the published name counts as the published one',
    file: locate,
    find: ' && (await hashOfFile(path)) === known.sha256',
    replace: '',
    tests: 'data/named',
  },
  {
    what: 'of SVHN, rows and columns are swapped',
    file: svhn,
    find: 'transposed(images!.numbers, [count! * 3, 32, 32])',
    replace: 'images!.numbers.slice()',
    tests: 'data/named',
  },
]
