import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns, wrapText } from '../../src/cli/output/columns.js'
import { bytes, count, duration, figure, percent, plural } from '../../src/cli/output/numbers.js'
import { clip, PLAIN, styleOf, visibleLength } from '../../src/cli/output/style.js'

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
  assert.deepEqual(
    [plural(1, 'layer'), plural(2, 'layer'), plural(2, 'batch', 'batches')],
    [...['1 layer', '2 layers', '2 batches']],
  )
})

test('columns align by what is seen, not by the codes of styles', () => {
  const colour = styleOf({ isTTY: true }, {})
  const lines = columns(
    [
      ['a', '1'],
      [colour.bold('long'), '20'],
    ],
    [1],
  )
  assert.deepEqual(lines, ['a      1', `${colour.bold('long')}  20`])
  assert.equal(visibleLength(lines[1]!), 8)
  assert.equal(clip(colour.red('abcdef'), 3), colour.red('abc'))
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three'])
})

test('there is no colour without a terminal, with NO_COLOR, or on a dumb terminal', () => {
  assert.equal(styleOf({ isTTY: false }, {}), PLAIN)
  assert.equal(styleOf({ isTTY: true }, { NO_COLOR: '1' }), PLAIN)
  assert.equal(styleOf({ isTTY: true }, { TERM: 'dumb' }), PLAIN)
  assert.notEqual(styleOf({ isTTY: true }, {}), PLAIN)
})
