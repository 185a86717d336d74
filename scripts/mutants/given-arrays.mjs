// What arrays of programs and files are read as.
const check = 'src/data/check-split.ts'
const checked = 'src/data/checked.ts'
const given = 'src/data/given.ts'
const typed = 'src/typed-arrays.ts'
const elements = 'src/data/own/read/elements.ts'
const npy = 'src/data/own/read/npy.ts'
const npz = 'src/data/own/read/npz.node.ts'

const programs = { tests: 'data/given' }
const files = { tests: 'own/read-arrays' }

export default [
  {
    what: 'parts of 1 between levels are rounded without a word',
    file: check,
    find: '<= most * 2 ** -22)',
    replace: '<= 1)',
    ...programs,
  },
  {
    what: 'whole numbers of a kind of whole numbers are taken for parts of 1',
    file: check,
    find: 'mayBeFractions && (numbers',
    replace: '(numbers',
    ...programs,
  },
  {
    what: 'a label as large as the number of classes is a class',
    file: check,
    find: 'n >= 0 && n < classes)',
    replace: 'n >= 0 && n <= classes)',
    ...programs,
  },
  {
    what: 'rows with two ones are one-hot',
    file: check,
    find: 'zeros !== classes - 1',
    replace: 'zeros > classes - 1',
    ...programs,
  },
  {
    what: 'each split decides alone whether its inputs are parts of 1',
    file: checked,
    find: 'arePartsOfOne(...fractions)',
    replace: 'arePartsOfOne(fractions.at(-1)!)',
    ...programs,
  },
  {
    what: 'lists of arrays may differ in their size',
    file: given,
    find: 'numbers.length !== size)',
    replace: 'numbers.length > 2 ** 31)',
    ...programs,
  },
  {
    what: 'arrays of another realm are none',
    file: typed,
    find: '  if (array.constructor === own) return array\n',
    replace: '  if (array.constructor === own) return array\n  if (!(value instanceof own)) return undefined\n',
    ...programs,
  },
  {
    what: 'big-endian numbers are read as little-endian',
    file: elements,
    find: 'isBigEndian && size > 1',
    replace: 'isBigEndian && size > 8',
    ...files,
  },
  {
    what: 'whole numbers beyond 2^53 are rounded',
    file: elements,
    find: 'high(i) >= 2 ** 21',
    replace: 'high(i) >= 2 ** 31',
    ...files,
  },
  { what: 'subnormal float16 are zero', file: elements, find: 'sign * fraction * 2 ** -24', replace: '0', ...files },
  {
    what: 'Fortran order is read as rows',
    file: npy,
    find: 'isFortran ? rowMajor(numbers, shape) : numbers',
    replace: 'numbers',
    ...files,
  },
  {
    what: 'an NPY file may hold more than it promises',
    file: npy,
    find: 'bytes.length !== wanted',
    replace: 'bytes.length < wanted',
    ...files,
  },
  {
    what: 'a ZIP may promise what it cannot hold',
    file: npz,
    find: 'uncompressedSize > compressedSize * MOST_UNPACKED',
    replace: 'false',
    ...files,
  },
  {
    what: 'the checksum of a ZIP is not looked at',
    file: npz,
    find: 'crc32(bytes) !== entry.crc32',
    replace: 'false',
    ...files,
  },
]
