import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { describeBreakdown } from '../../src/cli/commands/breakdown.js'
import { namedFigures } from '../../src/targets/breakdown.js'
import './no-colour.js'

/** A network that takes the samples of each class for itself, but `wrong` of them for the next one. */
function breakdownOf(names: readonly string[], wrong: (k: number) => number) {
  const [samples, { length }] = [100, names]
  const confusion = names.map((_, k) => {
    const row = names.map(() => 0)
    row[k] = samples - wrong(k)
    row[(k + 1) % length]! += wrong(k)
    return row
  })
  const each = names.map((name, k) => {
    const said = confusion.reduce((sum, row) => sum + row[k]!, 0)
    return namedFigures(name, samples, said, confusion[k]![k]!)
  })
  return { each, confusion }
}

const shown = (breakdown: Parameters<typeof describeBreakdown>[0], width: number): string[] =>
  describeBreakdown(breakdown, width).map(stripVTControlCharacters)

test('three classes: each has a row of figures, and the matrix names its columns', () => {
  assert.deepEqual(
    shown(
      breakdownOf(['cat', 'dog', 'owl'], (k) => 10 * k),
      80,
    ),
    [
      'For each class',
      '  class  samples  precision    recall       F1',
      '  cat        100    83.33 %  100.00 %  90.91 %',
      '  dog        100   100.00 %   90.00 %  94.74 %',
      '  owl        100    88.89 %   80.00 %  84.21 %',
      '',
      'Confusion: true classes by rows, what they are taken for by columns',
      '  true  cat  dog  owl',
      '  cat   100    ·    ·',
      '  dog     ·   90   10',
      '  owl    20    ·   80',
    ],
  )
})

test('ten long names stand before their rows, and their numbers above the columns, within 80 places', () => {
  const names = Array.from({ length: 10 }, (_, k) => `Ankle boot ${k}`)
  const lines = shown(
    breakdownOf(names, () => 1),
    80,
  )
  assert.ok(lines.every((line) => line.length <= 80))
  assert.ok(lines.some((line) => /^ {2}true +0 +1 +2 +3 +4 +5 +6 +7 +8 +9$/.test(line)))
  assert.ok(lines.some((line) => line.startsWith('  9 Ankle boot 9')))
})

test('of a hundred classes the worst are told, and what is taken for what most often', () => {
  const names = Array.from({ length: 100 }, (_, k) => `class ${k}`)
  const lines = shown(
    breakdownOf(names, (k) => (k === 41 ? 60 : k % 5)),
    80,
  )
  assert.equal(lines[0], 'For each class: the 10 of 100 with the lowest F1; --json tells all')
  assert.match(lines[2]!, /^ {2}class 41 +100 .* 40\.00 %/)
  const at = lines.indexOf('Most often confused; --json has the whole matrix')
  assert.equal(lines[at + 2], '  class 41  class 42        60       60.00 %')
  assert.equal(lines.length, at + 12)
})

test('a label of which nothing is said has no precision, and labels have no matrix', () => {
  const each = [namedFigures('red', 4, 2, 2), namedFigures('round', 3, 0, 0)]
  assert.deepEqual(shown({ each }, 80), [
    'For each label',
    '  label  samples  precision   recall       F1',
    '  red          4   100.00 %  50.00 %  66.67 %',
    '  round        3          -   0.00 %   0.00 %',
  ])
})
