// Small data sets whose targets are no classes.

import { makeGlyphs } from '../../src/data/glyphs/glyphs.js'
import { type DataSet, dataSet, type Split } from '../../src/data/index.js'
import { stream } from '../../src/random/stream.js'

const normals = (count: number, name: string): Float32Array => {
  const numbers = new Float32Array(count)
  stream(3, 0, name).normal(numbers)
  return numbers
}

/** Five real numbers of very different sizes, one of them always the same. */
const INPUTS = 5
const SPREAD = [1, 100, 0.01, 3, 0]
const WEIGHTS = [
  [2, 0.01, 100, -1, 5],
  [-30, 0.2, 500, 4, 5],
]

/** Two values that are linear in five inputs, with noise, and a third that never varies. */
export function linearMap(train = 600, test = 400): DataSet {
  const split = (count: number, name: string): Split => {
    const units = normals(INPUTS * count, `${name} inputs`)
    const noise = normals(2 * count, `${name} noise`)
    const inputs = units.map((v, i) => 7 + SPREAD[i % INPUTS]! * v)
    const targets = Float32Array.from({ length: 3 * count }, (_, i) => {
      const [row, k] = [Math.floor(i / 3), i % 3]
      if (k === 2) return 42
      const sum = WEIGHTS[k]!.reduce((all, weight, j) => all + weight * inputs[INPUTS * row + j]!, 0)
      return sum + (k === 0 ? 0.5 : 10) * noise[2 * row + k]!
    })
    return { inputs, targets, count }
  }
  return dataSet({
    name: 'linear map',
    input: { shape: [INPUTS] },
    target: { kind: 'values', count: 3 },
    names: ['small', 'large', 'fixed'],
    train: split(train, 'train'),
    test: split(test, 'test'),
  })
}

/** Two digits an image, side by side and at half their size: which digits are there. */
export function twoDigits(train = 1500, test = 500): DataSet {
  const glyphs = makeGlyphs({ seed: 5, train: 2 * train, test: 2 * test })
  const split = ({ inputs: images, targets: digits }: Split, count: number): Split => {
    const inputs = new Uint8Array(14 * 28 * count)
    const targets = new Uint8Array(10 * count)
    for (let i = 0; i < count; i++)
      for (const side of [0, 1]) {
        const glyph = 2 * i + side
        targets[10 * i + digits![glyph]!] = 1
        for (let y = 0; y < 14; y++)
          for (let x = 0; x < 14; x++) {
            const at = 784 * glyph + 56 * y + 2 * x
            const sum = images[at]! + images[at + 1]! + images[at + 28]! + images[at + 29]!
            inputs[392 * i + 28 * y + 14 * side + x] = sum / 4
          }
      }
    return { inputs, targets, count }
  }
  return dataSet({
    name: 'two digits',
    input: { shape: [1, 14, 28], levels: 256 },
    target: { kind: 'labels', count: 10 },
    train: split(glyphs.train, train),
    test: split(glyphs.test, test),
  })
}
