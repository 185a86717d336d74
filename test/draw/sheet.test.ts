import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawChart } from '../../src/draw/chart.js'
import { inkOf, lineHeight, textWidth, wrapped } from '../../src/draw/letters.js'
import { type Colour, INK, PAPER, type Raster, RULED, SOFT, seriesPaint } from '../../src/draw/raster.js'
import { drawSheet, usualScale } from '../../src/draw/sheet.js'
import { tickFormat, ticksOf } from '../../src/draw/ticks.js'

const at = ({ width, data }: Raster, x: number, y: number): Colour =>
  [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)] as unknown as Colour

/** Where a text stands: the left upper corners of all places whose ink has a colour, those on the left first. */
function findText({ width, height, data }: Raster, text: string, size: number, colour: Colour): [number, number][] {
  const mask = Uint8Array.from({ length: width * height }, (_, i) =>
    Number(data[3 * i] === colour[0] && data[3 * i + 1] === colour[1] && data[3 * i + 2] === colour[2]),
  )
  // Both ends of each square of ink: it is found at one place alone.
  const ink = inkOf(text, size).flatMap(([x, y]) => [y * width + x, (y + size - 1) * width + x + size - 1])
  const found: [number, number][] = []
  for (let x = 0; x + textWidth(text, size) <= width; x++)
    for (let y = 0; y + lineHeight(size) < height; y++)
      if (mask[y * width + x + ink[0]!] === 1 && ink.every((own) => mask[y * width + x + own] === 1)) found.push([x, y])
  return found
}

test('letters have ink of their own, and a width that sums up', () => {
  const signs = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
  assert.equal(new Set(signs.map((sign) => JSON.stringify(inkOf(sign, 1)))).size, 94)
  assert.deepEqual(
    inkOf('-', 2),
    [0, 2, 4, 6].map((x) => [x, 6]),
  )
  assert.equal(textWidth('il', 3), 3 * (1 + 1 + 2))
  assert.deepEqual(inkOf('é', 1), inkOf('e', 1))
  assert.deepEqual(inkOf('–', 1), inkOf('-', 1))
  assert.deepEqual(inkOf('漢', 1), inkOf('?', 1))
  assert.deepEqual(wrapped('ab cd ef', textWidth('ab cd', 2), 2), ['ab cd', 'ef'])
})

test('images lie row after row, enlarged by a whole number, under a title and beside the names of rows and columns', () => {
  // Three images of 28 x 28, each of one brightness but for its first pixel, two in a row.
  const images = Float32Array.from({ length: 3 * 784 }, (_, i) =>
    i % 784 === 0 ? 0.25 : [0.1, 0.5, 0.9][Math.floor(i / 784)]!,
  )
  const names = { rowNames: ['upper', 'lower', 'none'], columnNames: ['one', 'two'] }
  const sheet = { title: 'A title', text: 'Some words.', images, shape: [1, 28, 28] as const, columns: 2, ...names }
  assert.equal(usualScale([1, 28, 28]), 3)
  const raster = drawSheet(sheet)
  const grey = (x: number, y: number): number => at(raster, x, y)[0]
  assert.equal(findText(raster, 'A title', 3, INK).length, 1)
  assert.equal(findText(raster, 'Some words.', 2, SOFT).length, 1)
  const place = (text: string) => {
    const found = findText(raster, text, 2, INK)
    assert.equal(found.length, 1, text)
    return found[0]!
  }
  assert.equal(findText(raster, 'none', 2, INK).length, 0, 'there are two rows')
  // The first pixels of the images: squares of three by three, at the left upper corner of each.
  const corners: number[][] = []
  for (let y = 1; y < raster.height; y++)
    for (let x = 1; x < raster.width; x++)
      if (grey(x, y) === 64 && grey(x - 1, y) !== 64 && grey(x, y - 1) !== 64) corners.push([x, y])
  const [[left, top], [right], [, below]] = corners as [[number, number], [number, number], [number, number]]
  assert.deepEqual([corners.length, right - left, below - top], [3, 90, 90])
  assert.deepEqual([grey(left + 2, top + 2), grey(left + 3, top), grey(left + 83, top + 83)], [64, 26, 26])
  assert.deepEqual([grey(right + 50, top + 50), grey(left + 50, below + 50)], [128, 229])
  assert.deepEqual(at(raster, left - 1, top + 9), RULED)
  assert.deepEqual(at(raster, right + 50, below + 50), PAPER, 'no fourth image')
  // Names stand over and beside their images.
  const [one, two, upper, lower] = ['one', 'two', 'upper', 'lower'].map(place) as [number, number][]
  assert.ok(one![1] < top && Math.abs(one![0] + textWidth('one', 2) / 2 - (left + 42)) <= 1)
  assert.ok(Math.abs(two![0] + textWidth('two', 2) / 2 - (right + 42)) <= 1)
  assert.ok(upper![0] < left && Math.abs(upper![1] + 8 - (top + 42)) < 9 && lower![1] - upper![1] === 90)
  assert.equal(drawSheet(sheet, 5).height - raster.height, 2 * 28 * 2)
})

test('colours stay what they are', () => {
  const raster = drawSheet({
    title: 't',
    text: 't',
    images: Float32Array.of(1, 0.2, 0.4),
    shape: [3, 1, 1],
    columns: 1,
  })
  const pixels = Array.from({ length: raster.width * raster.height }, (_, i) =>
    at(raster, i % raster.width, Math.floor(i / raster.width)).join(),
  )
  assert.equal(pixels.filter((pixel) => pixel === '255,51,102').length, 84 * 84)
})

test('ticks are round, and written with as many digits as tell them apart', () => {
  assert.deepEqual(ticksOf(0, 10, 5), [0, 2, 4, 6, 8, 10])
  assert.deepEqual(ticksOf(-1, 1, 4), [-1, -0.5, 0, 0.5, 1])
  const written = (values: readonly number[]) => values.map(tickFormat(values))
  assert.deepEqual(written([0, 0.25, 0.5]), ['0.00', '0.25', '0.50'])
  assert.deepEqual(written([0.998, 0.999, 1]), ['0.998', '0.999', '1.000'])
  assert.deepEqual(written([0, 2e-7, 4e-7]), ['0', '2e-7', '4e-7'])
  assert.deepEqual(written([1e-5, 1.5e-5]), ['1.0e-5', '1.5e-5'])
  assert.deepEqual(written([-20, 0, 20]), ['-20', '0', '20'])
  assert.deepEqual(written([10_000, 15_000]), ['10,000', '15,000'])
  for (let power = -12; power < 12; power++) {
    const ticks = ticksOf(3 * 10 ** power, 3.01 * 10 ** power, 5)
    assert.equal(new Set(written(ticks)).size, ticks.length, `${power}`)
  }
})

test('a curve passes where its numbers are, with names of the axes, of curves and of lines', () => {
  const words = { across: 'sweep', up: 'energy', names: ['free', 'pulled'], lines: [{ at: 5, name: 'half' }] }
  const raster = drawChart({ kind: 'curves', ...words, range: [0, 10] }, [0, 5, 10, 10, 10, 10], 3)
  for (const [text, colour] of [
    ['sweep', SOFT],
    ['energy', SOFT],
    ['half', SOFT],
    ['free', seriesPaint(0)],
    ['pulled', seriesPaint(1)],
  ] as const)
    assert.equal(findText(raster, text, 2, colour).length, 1, text)
  // The axis of 760 pixels: the first curve goes straight up along it.
  const zero = findText(raster, '0', 2, INK).sort((a, b) => b[1] - a[1])[0]
  const y = (value: number): number => zero![1] + 6 - 38 * value
  const left = zero![0] + textWidth('0', 2) + 10
  assert.deepEqual(at(raster, left + 380, y(5)), seriesPaint(0))
  assert.deepEqual(at(raster, left + 190, y(2.5)), seriesPaint(0))
  assert.deepEqual(at(raster, left + 190, y(10)), seriesPaint(1))
  assert.deepEqual(at(raster, left + 190, y(7.5)), PAPER)
  assert.deepEqual(at(raster, left + 190, y(5)), SOFT, 'the line')
})

test('a map has a row for each list of numbers, dark where they are large', () => {
  const raster = drawChart({ kind: 'map', across: 'turn', up: 'size', names: ['top', 'low'] }, [0, 4, 2, 0], 2)
  const cells = (x: number, y: number): number => at(raster, x, y)[0]
  const [[, top], [, low]] = ['top', 'low'].map((name) => findText(raster, name, 2, INK)[0]!) as [number, number][]
  const left = 10 + textWidth('top', 2)
  assert.deepEqual([cells(left + 100, top! + 8), cells(left + 500, top! + 8)], [255, INK[0]])
  assert.equal(cells(left + 500, low! + 8), 255)
  assert.ok(Math.abs(cells(left + 100, low! + 8) - (255 + INK[0]) / 2) <= 1)
  const decades = drawChart({ kind: 'map', across: 'turn', up: 'size', names: ['a'], decades: 2 }, [1, 0.1, 0.01, 0], 4)
  const row = [0, 1, 2, 3].map((i) => at(decades, 10 + textWidth('a', 2) + 190 * i + 90, 40)[0])
  assert.ok(row[0] === INK[0] && Math.abs(row[1]! - 138) <= 1 && row[2] === 255 && row[3] === 255, row.join())
})
