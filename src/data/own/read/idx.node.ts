import { basename } from 'node:path'
import { emnistClasses } from '../../sources/emnist-classes.js'
import type { Arrays, NamedArray, Reader } from '../content.js'
import { readBytes } from '../file.node.js'
import { firstColumn, isIdx, promisedBytes, readIdx, transposed } from '../idx.js'
import { roleOf } from '../names.js'

/** Numbers that QMNIST keeps of each digit. */
const QMNIST_COLUMNS = 8

export const idxReader: Reader = {
  format: 'IDX',
  recognises: (_path, head) => isIdx(head),
  async read(path, _options, progress) {
    const name = basename(path).replace(/\.gz$/, '')
    const array = { name, ...readIdx(await readBytes(path, progress, { promised: promisedBytes }), path) }
    const isEmnist = /^emnist\b/i.test(name)
    const classes = emnistClasses(name)
    const train: Arrays = { kind: 'arrays', arrays: [isEmnist ? upright(array) : oneClass(array)], ...classes }
    return { what: isEmnist ? 'IDX, of EMNIST: its transposed images are turned upright' : 'IDX', train }
  },
}

function upright(array: NamedArray): NamedArray {
  const [count, height, width] = array.shape
  if (array.shape.length !== 3 || !(array.numbers instanceof Uint8Array)) return array
  return { ...array, shape: [count!, width!, height!], numbers: transposed(array.numbers, array.shape) }
}

/** Of the labels of QMNIST the class alone. */
function oneClass(array: NamedArray): NamedArray {
  const { name, shape, numbers } = array
  const isQmnist = roleOf(name).what === 'target' && shape.length === 2 && shape[1] === QMNIST_COLUMNS
  if (!isQmnist || !(numbers instanceof Int32Array)) return array
  return { ...array, shape: [shape[0]!], numbers: firstColumn(numbers, shape) }
}
