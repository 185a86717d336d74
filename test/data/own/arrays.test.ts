// What arrays mean: which are inputs and targets, how their axes and their numbers are read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inputsOfArrays, meaningOfArrays } from '../../../src/data/own/arrays.js'
import type { ArrayNumbers, NamedArray, OwnOptions } from '../../../src/data/own/content.js'
import type { Reading } from '../../../src/data/own/levels.js'
import type { Meant } from '../../../src/data/own/meaning.js'
import { roleOf } from '../../../src/data/own/names.js'
import { UsageError } from '../../../src/errors.js'

const array = (name: string, shape: readonly number[], numbers: ArrayNumbers): NamedArray => ({ name, shape, numbers })
const counted = (name: string, shape: readonly number[]): NamedArray =>
  array(
    name,
    shape,
    Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i === 0 ? 255 : i % 200)),
  )
const labels = (name: string, numbers: readonly number[]): NamedArray =>
  array(name, [numbers.length], Uint8Array.from(numbers))

const meaning = (arrays: readonly NamedArray[], options: OwnOptions = {}, classes?: readonly string[]): Meant =>
  meaningOfArrays({ what: 'arrays', train: { kind: 'arrays', arrays, ...(classes && { classes }) } }, options) as Meant
const refused = (arrays: readonly NamedArray[], message: RegExp, options: OwnOptions = {}): void =>
  assert.throws(
    () => meaning(arrays, options),
    (error) => error instanceof UsageError && message.test(error.message),
    `${message}`,
  )

test('names tell parts and meanings', () => {
  const roles: [string, string][] = [
    ['x_train', 'train input '],
    ['yTest', 'test target '],
    ['ytrain', 'train target '],
    ['t10k-images-idx3-ubyte', 'test input '],
    ['train-labels.idx1-ubyte.gz', 'train target '],
    ['emnist-letters-train-images-idx3-ubyte', 'train input emnist letters'],
    ['fine_labels', ' target fine'],
    ['X', ' input '],
    ['X_val', 'validation input '],
    ['digits', '  digits'],
    ['train.bin', 'train  '],
  ]
  for (const [name, role] of roles) {
    const { part = '', what = '', stem } = roleOf(name)
    assert.equal(`${part} ${what} ${stem}`, role, name)
  }
})

test('inputs and targets are found by every usual pair of names, and by the order of NumPy', () => {
  for (const [x, y] of [
    ['x', 'y'],
    ['images', 'labels'],
    ['data', 'labels'],
    ['X', 'y'],
    ['train_images', 'train_labels'],
    ['arr_0', 'arr_1'],
    ['features', 'target'],
  ] as const) {
    const meant = meaning([labels(y, [0, 1, 1]), counted(x, [3, 2, 2])].sort((a, b) => (a.name < b.name ? -1 : 1)))
    assert.deepEqual(meant.input, { shape: [1, 2, 2], levels: 256 }, x)
    assert.deepEqual(meant.target, { kind: 'class', count: 2 }, x)
    assert.deepEqual([...meant.train.targets!], [0, 1, 1], x)
  }
})

test('a part for testing in the same file is kept apart, and a part for validation left out', () => {
  const meant = meaning([
    counted('x_train', [3, 4]),
    labels('y_train', [0, 1, 2]),
    counted('x_test', [2, 4]),
    labels('y_test', [2, 0]),
    counted('x_val', [1, 4]),
    labels('y_val', [0]),
  ])
  assert.deepEqual([meant.train.count, meant.test?.count], [3, 2])
  assert.deepEqual([...meant.test!.targets!], [2, 0])
  assert.match(meant.notes!.join(), /^x_val, y_val: left out/)
})

test('pictures with their channels last are turned, with channels first kept, and an unsafe shape is asked for', () => {
  const last = meaning([counted('x', [1, 4, 5, 3]), labels('y', [0])], { task: 'class' })
  assert.deepEqual(last.input.shape, [3, 4, 5])
  // Pixel (0, 0) has the numbers 255, 1 and 2; pixel (0, 1) begins with 3.
  assert.deepEqual(
    [0, 1, 20, 40].map((i) => last.train.inputs[i]),
    [255, 3, 1, 2],
  )
  assert.deepEqual(meaning([counted('x', [2, 1, 4, 5])]).input.shape, [1, 4, 5])
  assert.deepEqual(meaning([counted('x', [2, 4, 5, 1])]).input.shape, [1, 4, 5])
  assert.deepEqual(meaning([counted('x', [2, 4, 5])]).input.shape, [1, 4, 5])
  assert.deepEqual(meaning([counted('x', [2, 3, 4, 4, 4])]).input.shape, [3, 4, 4, 4])
  refused([counted('x', [2, 3, 3, 3])], /^the array x \[2, 3, 3, 3\] may have its channels first or last: say which/)
  refused([counted('x', [2, 1, 28, 1])], /channels first or last/)
  assert.deepEqual(meaning([counted('x', [2, 1, 28, 1])], { size: [28, 1] }).input.shape, [1, 28, 1])
})

test('rows of pixels become pictures by --size, and nothing else does', () => {
  assert.deepEqual(meaning([counted('x', [2, 12])], { size: [4, 3] }).input.shape, [1, 4, 3])
  assert.deepEqual(meaning([counted('x', [2, 12])], { size: [2, 2] }).input.shape, [3, 2, 2])
  assert.deepEqual(meaning([counted('x', [2, 12])]).input.shape, [12])
  refused([counted('x', [2, 12])], /12 numbers a sample, and pictures of 5x5 have 25, or 75 in colour/, {
    size: [5, 5],
  })
  refused([counted('x', [2, 4, 3])], /holds pictures of 4x3, not of 5x5/, { size: [5, 5] })
})

test('colour becomes grey by its luma, and grey three equal channels', () => {
  const pixels = array('x', [1, 3, 4, 4], new Uint8Array(48).fill(200, 0, 16).fill(100, 16, 32).fill(255, 32))
  const grey = meaning([pixels], { colour: 'grey' })
  assert.deepEqual(grey.input.shape, [1, 4, 4])
  assert.equal(grey.train.inputs[0], Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 255))
  const colour = meaning([counted('x', [2, 2, 2])], { colour: 'colour' })
  assert.deepEqual(
    [...colour.train.inputs],
    [255, 1, 2, 3, 255, 1, 2, 3, 255, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7],
  )
  refused([counted('x', [2, 12])], /--grey is for pictures of one or three channels, not for inputs \[12\]/, {
    colour: 'grey',
  })
})

test('numbers are levels where they are exactly so, and real numbers else', () => {
  const read = (numbers: ArrayNumbers, shape: readonly number[] = [1, 2, 2]) => {
    const { input, train } = meaning([array('x', shape, numbers)])
    return [input.levels, ...train.inputs]
  }
  const shares = [0, 1, 128 / 255, 7 / 255]
  assert.deepEqual(read(Float32Array.from(shares)), [256, 0, 255, 128, 7])
  assert.deepEqual(read(Float64Array.from(shares)), [256, 0, 255, 128, 7])
  assert.deepEqual(read(Float64Array.of(0, 255, 3, 4)), [256, 0, 255, 3, 4])
  assert.deepEqual(read(Float32Array.of(0, 0.5, 1, 0.25)), [undefined, 0, 0.5, 1, 0.25])
  assert.deepEqual(read(Uint8Array.of(0, 16, 3, 4)), [17, 0, 16, 3, 4])
  assert.deepEqual(read(Uint8Array.of(0, 1, 1, 0)), [2, 0, 1, 1, 0])
  assert.deepEqual(read(Uint8Array.of(0, 130, 3, 4)), [256, 0, 130, 3, 4])
  assert.deepEqual(read(Uint16Array.of(0, 4000, 3, 4)), [4096, 0, 4000, 3, 4])
  assert.deepEqual(read(Uint16Array.of(0, 65535, 3, 4)), [65536, 0, 65535, 3, 4])
  assert.deepEqual(read(Int16Array.of(-1, 5, 3, 4)), [undefined, -1, 5, 3, 4])
  // What is nearly 0 in its unit is no black byte.
  assert.deepEqual(read(Float32Array.of(0, 2 ** -30, 2 ** -29, 2 ** -28)), [undefined, 0, 2 ** -30, 2 ** -29, 2 ** -28])
  // A row of whole numbers that are no pixels keeps its units.
  assert.deepEqual(read(Float64Array.of(1, 2, 3, 40), [1, 4]), [undefined, 1, 2, 3, 40])
  assert.deepEqual(read(Float64Array.of(1, 2, 3, 255), [1, 4]), [256, 1, 2, 3, 255])
})

test('bytes in one part and bytes divided by 255 in the other are refused', () => {
  const train = array('x_train', [1, 2, 2], Float32Array.of(0, 1 / 255, 1, 7 / 255))
  refused([train, array('x_test', [1, 2, 2], Uint8Array.of(0, 1, 255, 7))], /one part are bytes divided by 255/)
  refused([train, array('x_test', [1, 2, 2], Float64Array.of(0, 9, 255, 7))], /one part are bytes divided by 255/)
  const dark = meaning([train, array('x_test', [1, 2, 2], Float32Array.of(0, 1, 1, 0))])
  assert.deepEqual([dark.input.levels, ...dark.test!.inputs], [256, 0, 255, 255, 0])
})

test('real numbers that single precision cannot tell apart are refused', () => {
  const times = Float64Array.from({ length: 4 }, (_, i) => 1.7e9 + 60 * i)
  const near = Float64Array.of(1, times[0]!, 2, times[1]!, 3, times[2]!)
  const y = array('y', [3], Float64Array.of(0.5, 1, 2))
  refused([array('x', [3, 2], near), y], /^column 2 of x holds numbers from 1700000000 to 1700000120/)
  refused([counted('x', [4, 2, 2]), array('y', [4], times)], /^y holds numbers from 1700000000/, { task: 'values' })
  refused([array('x', [3, 1], Float64Array.of(2 ** 53, 2 ** 53 - 1, 2 ** 53 - 3)), y], /^x holds numbers from 90071/)
  // Single precision itself, whole numbers that it holds, wide ones, and what only rounding tells apart.
  for (const fits of [
    Float32Array.from(near),
    near.map((n) => n & ~127),
    near.map((n, i) => n * (i + 1)),
    near.map(() => 0.3),
  ])
    assert.equal(meaning([array('x', [3, 2], fits), y]).train.count, 3)
  assert.equal(meaning([array('x', [3, 1], Float64Array.of(0.3, 0.1 + 0.2, 0.3)), y]).train.count, 3)
})

test('targets: classes from 0 or 1, other numbers in their order, one-hot, labels, values', () => {
  const x = (count: number) => counted('x', [count, 2])
  const targets = (numbers: ArrayNumbers, width = 1, options: OwnOptions = {}, classes?: readonly string[]) => {
    const count = numbers.length / width
    const meant = meaning([x(count), array('y', width === 1 ? [count] : [count, width], numbers)], options, classes)
    return [meant.target.kind, [...meant.names].join(), [...meant.train.targets!].join()]
  }
  assert.deepEqual(targets(Uint8Array.of(0, 2, 1)), ['class', '0,1,2', '0,2,1'])
  assert.deepEqual(targets(Uint8Array.of(1, 3, 2)), ['class', '1,2,3', '0,2,1'])
  assert.deepEqual(targets(Int32Array.of(-1, 1, 1)), ['class', '-1,1', '0,1,1'])
  assert.deepEqual(targets(Uint8Array.of(3, 7, 3)), ['class', '3,7', '0,1,0'])
  assert.deepEqual(targets(Float64Array.of(0, 1, 1)), ['class', '0,1', '0,1,1'])
  assert.deepEqual(targets(Uint8Array.of(0, 2, 1), 1, { classes: ['a', 'b', 'c', 'd'] }), ['class', 'a,b,c,d', '0,2,1'])
  assert.deepEqual(targets(Uint8Array.of(1, 2, 2), 1, {}, ['a', 'b']), ['class', 'a,b', '0,1,1'])
  assert.deepEqual(targets(Uint8Array.of(3, 7, 3), 1, { classes: ['three', 'seven'] }), [
    'class',
    'three,seven',
    '0,1,0',
  ])
  assert.deepEqual(targets(Uint8Array.of(0, 1, 1, 0, 1, 0), 2), ['class', '0,1', '1,0,0'])
  assert.deepEqual(targets(Uint8Array.of(0, 1, 1, 1), 2), ['labels', '0,1', '0,1,1,1'])
  assert.deepEqual(targets(Uint8Array.of(0, 1), 1, { task: 'labels' }), ['labels', 'y', '0,1'])
  assert.deepEqual(targets(Float64Array.of(0.5, 2, 1)), ['values', 'y', '0.5,2,1'])
  assert.deepEqual(targets(Float32Array.of(0.5, 2, 1, 3), 2), ['values', '0,1', '0.5,2,1,3'])
  assert.deepEqual(targets(Uint8Array.of(3, 9, 5), 1, { task: 'values' }), ['values', 'y', '3,9,5'])
})

test('where a guess would be unsafe, the flag to give is said', () => {
  const x = counted('x', [3, 2])
  refused([x, array('y', [3], Float64Array.of(3, 5, 9))], /may be classes or values: say which, --task class or/)
  refused([x, array('y', [3, 2], Int32Array.of(1, 2, 3, 4, 5, 6))], /2 whole numbers a sample: say --task values/)
  refused([x, array('y', [3], Float64Array.of(0.5, 1, 2))], /holds 0.5, which is no class: say --task values/, {
    task: 'class',
  })
  refused([x, array('y', [3, 2], new Float64Array(6).fill(0.5))], /no classes; say --task labels or --task values/, {
    task: 'class',
  })
  refused([x, labels('y', [0, 1, 2])], /holds other numbers than 0 and 1/, { task: 'labels' })
  refused([x, labels('y', [0, 1, 2])], /2 names \(a, b\) for the 3 that y holds: name each/, { classes: ['a', 'b'] })
  refused([x, labels('y', [0, 1])], /^x holds 3 samples, but y holds 2: each input needs its target/)
  refused(
    [counted('a', [3, 2]), counted('b', [3, 2])],
    /a \[3, 2\], b \[3, 2\]: which are inputs and which are targets/,
  )
  refused([counted('x', [3, 2]), counted('b', [3, 2])], /say which are targets \(--target NAME\)/)
  refused([x, labels('fine_labels', [0, 1, 2]), labels('coarse_labels', [0, 1, 1])], /may be the target: say which/)
  refused([x, labels('y', [0, 1, 2])], /there is no array z: x \[3, 2\], y \[3\] are there/, { target: ['z'] })
  refused([x], /--task class needs targets, and there is only x: add --target NAME/, { task: 'class' })
})

test('targets by name: one by what is special of it, several side by side, both parts by the name of one', () => {
  const x = counted('x', [3, 2])
  const fine = meaning([x, labels('fine_labels', [0, 1, 2]), labels('coarse_labels', [0, 1, 1])], { target: ['fine'] })
  assert.deepEqual([...fine.train.targets!], [0, 1, 2])
  const heights = array('height', [3], Float32Array.of(1.5, 2, 3))
  const widths = array('width', [3], Float32Array.of(4, 5, 6.5))
  const both = meaning([x, heights, widths], { target: ['height', 'width'] })
  assert.deepEqual([both.target, both.names], [{ kind: 'values', count: 2 }, ['height', 'width']])
  assert.deepEqual([...both.train.targets!], [1.5, 4, 2, 5, 3, 6.5])
  const parts = [x, labels('y_train', [0, 1, 2]), counted('x_test', [1, 2]), labels('y_test', [2])]
  assert.deepEqual([...meaning(parts, { target: ['y_train'] }).test!.targets!], [2])
})

test('without targets, or with --task none, there are none', () => {
  const alone = meaning([counted('x', [3, 2])])
  assert.deepEqual([alone.target, alone.names, alone.train.targets], [{ kind: 'none' }, [], undefined])
  assert.match(alone.notes!.join(), /no labels were found/)
  assert.deepEqual(meaning([counted('x', [3, 2]), labels('y', [0, 1, 1])], { task: 'none' }).target, { kind: 'none' })
})

test('further inputs are read as those of the data set were, and other numbers are refused', () => {
  const shares = meaning([array('x', [1, 2, 2], Float64Array.of(0, 1, 128 / 255, 7 / 255))])
  const { reading } = shares.encoding as { reading: Reading }
  const again = (numbers: ArrayNumbers) => [
    ...inputsOfArrays({ kind: 'arrays', arrays: [array('x', [1, 2, 2], numbers)] }, {}, reading).inputs,
  ]
  // These four alone would have been read as two levels.
  assert.deepEqual(again(Float64Array.of(0, 1, 1, 0)), [0, 255, 255, 0])
  assert.deepEqual(again(Uint8Array.of(0, 9, 1, 255)), [0, 9, 1, 255])
  assert.throws(
    () => again(Float64Array.of(0, 0.3333, 1, 0)),
    /holds 0.3333, and the network reads bytes divided by 255/,
  )
  // Truth values and pictures of two shades are no nearly black bytes.
  const two = { kind: 'arrays' as const, arrays: [array('x', [1, 2, 2], Uint8Array.of(0, 1, 1, 0))] }
  assert.throws(() => inputsOfArrays(two, {}, reading), /holds 0 and 1 alone, .*white is 1 of a type of floats, or 255/)
  assert.throws(
    () => inputsOfArrays(two, {}, { levels: 256 }),
    /holds 0 and 1 alone, .*1 is nearly black: white is 255/,
  )
  assert.deepEqual([...inputsOfArrays(two, {}, { levels: 17 }).inputs], [0, 1, 1, 0])
  const levels = { kind: 'arrays' as const, arrays: [array('x', [1, 2, 2], Float64Array.of(0, 0.5, 1, 0))] }
  assert.throws(() => inputsOfArrays(levels, {}, { levels: 256 }), /holds 0.5, and the network reads whole numbers/)
})
