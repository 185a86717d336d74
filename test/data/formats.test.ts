import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Split } from '../../src/data/index.js'
import { readIdx } from '../../src/data/own/idx.js'
import { findDataSet } from '../../src/data/registry.js'
import { readCifarBatches } from '../../src/data/sources/cifar-10.js'
import { readOptdigits } from '../../src/data/sources/optdigits.js'
import { readRows } from '../../src/data/sources/tables.js'
import { readTar } from '../../src/data/tar.js'
import { UserError } from '../../src/errors.js'
import { idxImages, idxLabels, tarOf } from './files.js'

const refuses = (action: () => unknown, message: RegExp) =>
  assert.throws(action, (error) => error instanceof UserError && message.test(error.message))

test('an IDX file gives its images and labels', () => {
  const images = readIdx(idxImages([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2, 3), 'images')
  assert.deepEqual(images.shape, [2, 2, 3])
  assert.deepEqual([...images.numbers], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  const labels = readIdx(idxLabels([7, 0, 9]), 'labels')
  assert.deepEqual(labels.shape, [3])
  assert.deepEqual([...labels.numbers], [7, 0, 9])
})

test('a cut, overlong or foreign IDX file is named with what was expected and what came', () => {
  const whole = idxImages([1, 2, 3, 4], 2, 2)
  refuses(
    () => readIdx(whole.subarray(0, 19), 'dir/train'),
    /^dir\/train is cut: its header promises 20 bytes \(1 x 2 x 2 numbers of 1\), but it has 19;/,
  )
  refuses(() => readIdx(new Uint8Array([...whole, 0]), 'dir/train'), /is too long: .* 20 bytes .* has 21/)
  refuses(
    () => readIdx(new Uint8Array(3), 'dir/labels'),
    /^dir\/labels is no IDX file: it should begin with two zero bytes/,
  )
})

test('CIFAR-10 batches give labels and planes in their order', () => {
  const batch = (label: number, first: number) => {
    const bytes = new Uint8Array(3073).fill(label, 0, 1)
    for (let i = 1; i < 3073; i++) bytes[i] = first + Math.floor((i - 1) / 1024)
    return bytes
  }
  const split = readCifarBatches([batch(3, 10), new Uint8Array([...batch(9, 20), ...batch(0, 30)])], ['a', 'b'])
  assert.equal(split.count, 3)
  assert.deepEqual([...split.targets!], [3, 9, 0])
  assert.deepEqual(
    [0, 1023, 1024, 2048, 3072, 3072 * 3 - 1].map((i) => split.inputs[i]),
    [10, 10, 11, 12, 20, 32],
  )
  refuses(() => readCifarBatches([batch(1, 0).subarray(1)], ['dir/b.bin']), /^dir\/b.bin is cut .* 3072 bytes/)
  refuses(() => readCifarBatches([batch(10, 0)], ['dir/b.bin']), /record 0 has the label 10/)
})

test('optdigits lines give pixels and classes, and a bad line is named', () => {
  const line = (pixel: number, label: number) => [...new Array<number>(64).fill(pixel), label].join(',')
  const bytes = (text: string) => new TextEncoder().encode(text)
  const split = readOptdigits(bytes(`${line(3, 7)}\n${line(16, 0)}\n`), 'file')
  assert.equal(split.count, 2)
  assert.deepEqual([...split.targets!], [7, 0])
  assert.deepEqual([split.inputs[0], split.inputs[63], split.inputs[64]], [3, 3, 16])
  for (const bad of [line(17, 1), line(1, 10), `${line(1, 1)},5`, '1,2,3', line(0.5, 1), `,${line(1, 1).slice(2)}`]) {
    refuses(
      () => readOptdigits(bytes(`${line(1, 1)}\n${bad}`), 'dir/tra'),
      /^dir\/tra .*: line 2 should hold 64 pixels/,
    )
  }
})

test('rows of a table give inputs and targets in their own units, and a bad line is named', () => {
  const bytes = (...lines: string[]) => new TextEncoder().encode(['a,b,y,z', ...lines, ''].join('\r\n'))
  const split = readRows(bytes('1,2.5,3,4', '-5,6e1,7,.5'), 2, 2, 'file')
  assert.deepEqual([[...split.inputs], [...split.targets!], split.count], [[1, 2.5, -5, 60], [3, 4, 7, 0.5], 2])
  for (const bad of ['1,2,3', '1,2,3,4,5', '1,2,,4', '1,2,x,4'])
    refuses(() => readRows(bytes('1,2,3,4', bad), 2, 2, 'dir/it.csv'), /^dir\/it\.csv .*: line 3 should hold 4 numbers/)
})

test('a table by name: a fifth of its rows is the test part, always the same ones', () => {
  const { from } = findDataSet('energy')
  assert.ok('source' in from)
  const lines = Array.from({ length: 50 }, (_, row) => Array.from({ length: 10 }, (_, c) => 100 * c + row).join())
  const contents = [new TextEncoder().encode(['the names', ...lines].join('\n'))]
  const { train, test: tested } = from.source.decode(contents, ['file'])
  assert.deepEqual([train.count, tested.count], [40, 10])
  const rowsOf = ({ inputs, targets, count }: Split): number[] =>
    Array.from({ length: count }, (_, i) => {
      const row = inputs[8 * i]!
      assert.deepEqual(
        [...inputs.subarray(8 * i, 8 * i + 8)],
        [0, 1, 2, 3, 4, 5, 6, 7].map((c) => 100 * c + row),
      )
      assert.deepEqual([...targets!.subarray(2 * i, 2 * i + 2)], [800 + row, 900 + row])
      return row
    })
  assert.deepEqual(
    [...rowsOf(train), ...rowsOf(tested)].sort((a, b) => a - b),
    [...lines.keys()],
  )
  assert.deepEqual(rowsOf(tested), [12, 15, 18, 26, 27, 29, 38, 45, 46, 47])
})

test('a tar archive gives its regular files by their last names', () => {
  const archive = tarOf({ 'folder/a.bin': new Uint8Array([1, 2, 3]), 'folder/b.bin': new Uint8Array(600).fill(9) })
  const files = readTar(archive, 'x.tar')
  assert.deepEqual([...files.keys()], ['a.bin', 'b.bin'])
  assert.deepEqual([...files.get('a.bin')!], [1, 2, 3])
  assert.equal(files.get('b.bin')!.length, 600)
  refuses(() => readTar(archive.subarray(0, 2100), 'x.tar'), /^x.tar is cut: "folder\/b.bin" ends after/)
  refuses(() => readTar(archive.subarray(0, 1536), 'x.tar'), /^x.tar is cut: the tar archive has no end/)
  refuses(() => readTar(new Uint8Array(2000).fill(65), 'x.tar'), /^x.tar is no tar archive/)
})
