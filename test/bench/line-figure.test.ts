import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineFigure } from '../../bench/line-figure.js'

const TEXT = { title: 'a title', xTitle: 'layers', yTitle: 'accuracy' }

test('a figure has means at powers of two, bars of one deviation, and tens around all values', () => {
  const svg = lineFigure(
    [
      {
        name: 'one',
        points: [
          { x: 8, values: [72, 78] },
          { x: 16, values: [80] },
          { x: 32, values: [85] },
        ],
      },
    ],
    TEXT,
  )
  const [places] = /<path d="M[\d. L]+L[^"]*"/.exec(svg)!
  const numbers = places.match(/[\d.]+/g)!.map(Number)
  const [x, y] = [numbers.filter((_, i) => i % 2 === 0), numbers.filter((_, i) => i % 2 === 1)]
  // 8, 16 and 32 are as far apart; 75, 80 and 85 too, and from 70 to 90.
  assert.ok(Math.abs(x[1]! - x[0]! - (x[2]! - x[1]!)) < 0.2)
  assert.ok(Math.abs(y[0]! - y[1]! - (y[1]! - y[2]!)) < 0.2)
  assert.deepEqual(
    [...svg.matchAll(/text-anchor="end">(\d+)</g)].map(([, level]) => level),
    ['70', '80', '90'],
  )
  const [, top, bottom] = /<path d="M[\d.]+ ([\d.]+)V([\d.]+)"/.exec(svg)!
  const point = (y[0]! - y[1]!) / 5
  assert.ok(Math.abs(Math.abs(Number(top) - Number(bottom)) / point - 2 * Math.sqrt(18)) < 0.1)
})
