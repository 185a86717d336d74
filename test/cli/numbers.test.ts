import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, count, duration, figure, percent, plural } from '../../src/cli/output/numbers.js'
import { columns, definitions, section, wrapText } from '../../src/cli/output/text.js'

test('figures, counts, times and sizes read as people write them', () => {
  assert.deepEqual([0.9812, 1, 0].map(percent), ['98.12 %', '100.00 %', '0.00 %'])
  assert.deepEqual([0, 0.03125, 12.5, -3, 1e-7, 2.5e8, Number.NaN].map(figure), [
    ...['0', '0.03125', '12.50', '-3.000', '1.00e-7', '2.50e8', 'NaN'],
  ])
  assert.deepEqual([1234567, 0.6].map(count), ['1,234,567', '1'])
  assert.deepEqual([0.84, 9.96, 59.6, 187, 3599.6, 7500, Number.POSITIVE_INFINITY].map(duration), [
    ...['0.8 s', '10 s', '1:00 min', '3:07 min', '1:00 h', '2:05 h', '?'],
  ])
  assert.deepEqual([512, 1536, 1023.99 * 1024, 3 * 2 ** 30].map(bytes), ['512 B', '1.5 KiB', '1.0 MiB', '3.0 GiB'])
  assert.deepEqual([plural(1, 'layer'), plural(2000, 'layer')], ['1 layer', '2,000 layers'])
})

test('columns align by what is seen, not by the codes of styles', () => {
  const bold = '\x1b[1mlong\x1b[22m'
  assert.deepEqual(
    columns(
      [
        ['a', '1'],
        [bold, '20'],
      ],
      [1],
    ),
    ['a      1', `${bold}  20`],
  )
  assert.deepEqual(wrapText(`${bold} two three`, 8), [`${bold} two`, 'three'])
})

test('lines break at spaces, not before a unit, and a word that is too long has a line of its own', () => {
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrapText('at 12 samples/s now', 12), ['at', '12 samples/s', 'now'])
  assert.deepEqual(wrapText('a/long/path is', 5), ['a/long/path', 'is'])
})

test('a text stands beside its name and goes on below itself; below a name that is very long', () => {
  const long = 'n'.repeat(33)
  const entries = [
    ['rate=1', 'how far a step goes'],
    [long, 'short'],
    ['none', ''],
  ] as const
  assert.deepEqual(definitions(entries, 22), [
    '  rate=1  how far a',
    '          step goes',
    `  ${long}`,
    '          short',
    '  none',
  ])
})

test('a section without lines has no heading', () => {
  assert.deepEqual([section('head', []), section('head', ['line'])], [[], ['head', 'line', '']])
})
