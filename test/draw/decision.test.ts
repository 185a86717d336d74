import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decisionLayout, drawDecisions, FALSE_COLOUR, TRUE_COLOUR } from '../../src/draw/decision.js'

const decisions = [
  { right: 1, said: 1, wrong: 2, goodness: { 'layer 0': [1, 4, 2], 'layer 1': [0, 2, 1] }, scores: [1, 6, 3] },
  { right: 0, said: 2, wrong: 2, goodness: { 'layer 0': [2, 1, 3], 'layer 1': [1, 0, 2] }, scores: [3, 1, 5] },
]
// Of each image with each label one brightness.
const inputs = Float32Array.from({ length: 2 * 3 * 16 }, (_, i) => [0.1, 0.2, 0.3, 0.4, 0.5, 0.6][Math.floor(i / 16)]!)
const drawn = { decisions, inputs, shape: [1, 4, 4] as const, names: ['a', 'b', 'c'] }
const layout = decisionLayout(drawn)
const raster = drawDecisions(drawn)
const at = (x: number, y: number): string =>
  raster.data.subarray(3 * (y * raster.width + x), 3 * (y * raster.width + x) + 3).join()

test('the positive stands beside the negative, each in its colour', () => {
  for (const [i, { right, wrong }] of decisions.entries())
    for (const [k, [label, colour]] of (
      [
        [right, TRUE_COLOUR],
        [wrong, FALSE_COLOUR],
      ] as const
    ).entries()) {
      const [left, top] = [k * (layout.wide + 12) + 3, i * layout.height + layout.top]
      const light = Math.round(255 * inputs[(i * 3 + label) * 16]!)
      assert.equal(at(left, top), [light, light, light].join())
      assert.equal(at(left + layout.wide - 1, top + layout.high - 1), [light, light, light].join())
      assert.equal(at(left - 1, top + 5), colour.join())
    }
})

test('a bar is as long as its goodness, by the largest of its layer', () => {
  const lengths = decisions.flatMap((_, i) =>
    layout.blocks.flatMap((__, row) =>
      [TRUE_COLOUR, FALSE_COLOUR].map((colour, k) => {
        // The upper edge of a bar, where no number stands.
        const y = i * layout.height + layout.top + row * layout.row + 1 + k * 26
        let length = 0
        while (at(layout.barsLeft + length, y) === colour.join()) length++
        return length / layout.bars
      }),
    ),
  )
  assert.deepEqual(
    lengths.map((part) => Math.round(part * 100) / 100),
    [1, 0.5, 1, 0.5, 0.5, 0.75, 0.5, 1],
  )
})

test('the darkest cell of a row has the largest goodness; frames mark the true label and what is said', () => {
  for (const [i, { scores, right, said, goodness }] of decisions.entries())
    for (const [row, values] of [...Object.values(goodness), scores].entries()) {
      const y = i * layout.height + layout.top + row * layout.row
      const shades = values.map((_, k) => Number(at(layout.cellsLeft + k * layout.cell + 4, y + 4).split(',')[0]))
      const order = (list: readonly number[]) => [...list.keys()].sort((a, b) => list[a]! - list[b]!)
      assert.deepEqual(order(shades).reverse(), order(values))
      // Between cells, where frames of neighbours do not reach.
      const framed = values.map((_, k) => at(layout.cellsLeft + k * layout.cell - 3, y + 10))
      assert.equal(framed[right], TRUE_COLOUR.join())
      if (said !== right) assert.equal(framed[said], FALSE_COLOUR.join())
      assert.equal(
        framed.filter((colour) => [TRUE_COLOUR.join(), FALSE_COLOUR.join()].includes(colour)).length,
        said === right ? 1 : 2,
      )
    }
})
