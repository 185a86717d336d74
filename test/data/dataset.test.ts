import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DataSetParts, dataSet, labelledImages, scaleOf } from '../../src/data/index.js'

const empty = { inputs: new Float32Array(), targets: new Float32Array(), count: 0 }
const table: DataSetParts = {
  name: 'table',
  input: { shape: [2] },
  target: { kind: 'values', count: 2 },
  train: { inputs: new Float32Array([1, 5, 3, 5]), targets: new Float32Array([10, 7, 30, 7]), count: 2 },
  test: empty,
}

test('real inputs and values are scaled by the training split; what never varies has the deviation 1', () => {
  const { inputScale, targetScale, names } = dataSet(table)
  assert.deepEqual(inputScale, { mean: [2, 5], deviation: [1, 1] })
  assert.deepEqual(targetScale, { mean: [20, 7], deviation: [10, 1] })
  assert.deepEqual(names, ['0', '1'])
})

test('what never varies is told as such, however many there are, and becomes 0', () => {
  // The rounded mean of so many is not the number itself.
  const { mean, deviation } = scaleOf(new Float32Array(200_000).fill(0.1), 1, 1)
  assert.deepEqual([mean, deviation], [[Math.fround(0.1)], [1]])
})

test('images are scaled channel by channel, the first axis', () => {
  // Channel 0 holds 0, 8, 4, 4; channel 1 holds 16, 16, 0, 0.
  const { mean, deviation } = scaleOf([0, 8, 16, 16, 4, 4, 0, 0], 2, 4)
  assert.deepEqual(mean, [4, 8])
  assert.ok(Math.abs(deviation[0]! - Math.sqrt(8)) < 1e-12 && deviation[1] === 8)
})

test('a data set that does not fit its description is refused by name, place and what was expected', () => {
  const images = {
    name: 'pictures',
    ...labelledImages([1, 1, 2], ['a', 'b'], 4),
    test: { ...empty, inputs: new Uint8Array() },
  }
  const refused: [DataSetParts, RegExp][] = [
    [{ ...table, names: ['one'] }, /^table has 1 names, but 2 values: give one name each$/],
    [
      { ...table, train: { ...table.train, count: 3 } },
      /^the training split of table: 3 samples need 6 numbers of inputs, not 4$/,
    ],
    [
      { ...table, train: { ...table.train, targets: new Float32Array([1, 2, Number.NaN, 3]) } },
      /^the training split of table: target 1 holds NaN, which is not a finite number$/,
    ],
    [
      { ...images, train: { inputs: new Uint8Array([0, 1, 2, 4]), targets: new Uint8Array(2), count: 2 } },
      /^the training split of pictures: input 1 holds 4, which is not a level from 0 to 3$/,
    ],
    [
      { ...images, train: { inputs: new Uint8Array(4), targets: new Int32Array([0, 2]), count: 2 } },
      /^the training split of pictures: target 1 is 2, which is not below its 2 classes, counted from 0 to 1$/,
    ],
    [
      { ...table, target: { kind: 'labels', count: 2 } },
      /^the training split of table: target 0 holds 10, which is not 0 or 1$/,
    ],
    [
      { ...table, input: { shape: [2, 0] } },
      /^the inputs of table have the shape \[2, 0\]: its sizes are whole numbers/,
    ],
    [
      { ...table, input: { shape: [2], levels: 1 } },
      /^the inputs of table have 1 levels: a whole number from 2 to 65536, /,
    ],
    [
      { ...table, target: { kind: 'values', count: 0 } },
      /^the target of table is {.*}: its kind is one of class, labels/,
    ],
    [
      { ...table, target: { kind: 'words' as 'values', count: 2 } },
      /^the target of table is {"kind":"words","count":2}: /,
    ],
    [{ ...table, names: ['km/h', 'km/h'] }, /^table names two of its values "km\/h"$/],
    [
      { ...table, train: { ...table.train, count: 1.5 } },
      /^the training split of table: its count, the number of its samples, is a whole number from 0, not 1\.5$/,
    ],
    [
      { ...table, test: { ...empty, inputs: new ArrayBuffer(0) as unknown as Float32Array } },
      /^the inputs of the test split of table are an ArrayBuffer, which does not say of which type its numbers are: hand over a typed array/,
    ],
    [
      { ...table, target: { kind: 'none' } },
      /^the training split of table has 4 numbers of targets, and its task has none$/,
    ],
  ]
  for (const [parts, message] of refused) assert.throws(() => dataSet(parts), { name: 'UserError', message })
})
