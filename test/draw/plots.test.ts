import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHTML } from 'linkedom'
import { drawConfusion } from '../../src/draw/confusion.js'
import { drawCurves } from '../../src/draw/curves.js'
import { drawIntervals } from '../../src/draw/intervals.js'
import type { Maker } from '../../src/draw/plot.js'
import { drawScatter } from '../../src/draw/scatter.js'
import { drawHistory, drawParallel, drawSlice } from '../../src/draw/study.js'
import { wholeTicks } from '../../src/draw/ticks.js'

const maker = parseHTML('<html></html>').document as unknown as Maker
const size = { width: 300, height: 200 }
const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length
const textsOf = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!)

test('a plot is one SVG element with a name, without style or script, and its numbers are short', () => {
  const curves = [{ name: 'a', colour: 0, points: [[1, 1 / 3] as const, [2, 2 / 3] as const, [3, 0.7] as const] }]
  const svg = drawCurves(maker, { name: 'loss "a" <b>', across: 'epochs', curves }, size)
  assert.match(
    svg,
    /^<svg [^>]*role="img" aria-label="loss &quot;a&quot; &lt;b&gt;"|^<svg [^>]*aria-label="loss &quot;a&quot; (<|&lt;)b(>|&gt;)"/,
  )
  assert.equal(count(svg, /<(style|script)/g), 0)
  assert.equal(count(svg, /"[^"]*\.\d{3,}[^"]*"/g), 0)
  assert.deepEqual(
    textsOf(svg).filter((text) => /^\d$/.test(text)),
    ['1', '2', '3'],
  )
})

test('one point alone has short ticks around it', () => {
  const curves = [{ name: 'a', colour: 0, points: [[1, 0.80666666] as const] }]
  const svg = drawCurves(maker, { name: 'one point', across: 'epochs', curves, shares: true }, size)
  assert.equal(count(svg, /<circle/g), 1)
  assert.ok(
    textsOf(svg).every((text) => text.length < 9),
    textsOf(svg).join(),
  )
  assert.ok(textsOf(svg).includes('80 %'))
})

test('what is counted has whole numbers below it, each once', () => {
  assert.deepEqual(wholeTicks(1, 2, 4), [1, 2])
  assert.deepEqual(wholeTicks(0.1, 2, 6), [1, 2])
  assert.deepEqual(wholeTicks(3, 3, 4), [3])
  assert.deepEqual(wholeTicks(0, 900, 4), [0, 500])
  assert.deepEqual(wholeTicks(1, 16, 6), [5, 10, 15])
  const curves = [{ name: 'a', colour: 0, points: [[1, 5] as const, [2, 7] as const] }]
  const below = (svg: string): string[] => textsOf(svg).filter((text) => /^[12](\.\d+)?$/.test(text))
  assert.deepEqual(below(drawCurves(maker, { name: 'two epochs', across: 'epochs', curves }, size)), ['1', '2'])
  const trials = [5, 7].map((value, i) => ({ number: i + 1, state: 'complete' as const, value }))
  assert.deepEqual(below(drawHistory(maker, { name: 'two trials', trials, isBetter: (a, b) => a > b }, size)), [
    '1',
    '2',
  ])
})

test('a logarithmic axis between two round numbers has its ends', () => {
  const points = [3e-5, 4.25e-5].map((x) => ({ x, y: x > 4e-5 ? 7 : 6, isComplete: true }))
  const texts = textsOf(drawSlice(maker, { name: 'narrow', points, log: true, across: 'rate' }, size))
  assert.ok(texts.includes('0.00003') || texts.includes('3e-5'), texts.join())
  assert.ok(texts.includes('0.0000425'), texts.join())
})

test('small values keep their digits on the axis', () => {
  const points = [0.001, 0.002, 0.003].map((y, i) => [i + 1, y] as const)
  const svg = drawCurves(maker, { name: 'small', across: 'epochs', curves: [{ name: 'a', colour: 0, points }] }, size)
  assert.ok(textsOf(svg).includes('0.0020'), textsOf(svg).join())
})

test('each curve is a line, shares are read in per cent, and what is no number is left out', () => {
  const points = (from: number) =>
    Array.from({ length: 400 }, (_, i) => [i, i === 7 ? Number.NaN : from + i / 1000] as const)
  const curves = [
    { name: 'a', colour: 0, points: points(0), strong: true },
    { name: 'b', colour: 1, points: points(0.3) },
  ]
  const svg = drawCurves(maker, { name: 'accuracy of a and b', across: 'seconds', curves, shares: true }, size)
  const lines = [...svg.matchAll(/<path[^>]* d="(M[^"]*)"[^>]*>/g)]
    .map(([line]) => line)
    .filter((line) => line.includes('series'))
  assert.equal(lines.length, 2)
  assert.ok(lines.every((line) => count(line, /L/g) === 159 && !line.includes('NaN')))
  assert.ok(textsOf(svg).includes('60 %'))
})

test('a confusion matrix has a cell for each pair of classes, the numbers in them, and names for both sides', () => {
  const counts = [
    [9, 1, 0],
    [0, 10, 0],
    [2, 3, 5],
  ]
  const svg = drawConfusion(maker, { name: 'of three', classes: ['cat', 'dog', 'owl'], counts }, 300)
  assert.equal(count(svg, /<rect/g), 9)
  assert.deepEqual(
    textsOf(svg).filter((text) => /^\d+$/.test(text)),
    ['9', '1', '10', '2', '3', '5'],
  )
  assert.equal(textsOf(svg).filter((text) => text === 'owl').length, 2)
  assert.ok(svg.includes('<title>3 of owl taken for dog</title>'))
})

test('of a hundred classes the cells that hold something are drawn, without numbers', () => {
  const names = Array.from({ length: 100 }, (_, k) => `class ${k}`)
  const counts = names.map((_, k) => names.map((_, j) => (j === k ? 4 : j === (k + 1) % 100 ? 1 : 0)))
  const svg = drawConfusion(maker, { name: 'of a hundred', classes: names, counts }, 300)
  assert.deepEqual([count(svg, /<rect/g), textsOf(svg).length], [200, 0])
})

test('samples are points in the colours of their classes, whose names stand among them', () => {
  const points = [
    [0, 0],
    [1, 1],
    [2, 0],
    [5, 5],
  ] as const
  const svg = drawScatter(maker, { name: 'four samples', points, classes: [0, 0, 1, 1], names: ['a', 'b', 'c'] }, size)
  assert.equal(count(svg, /<circle/g), 4)
  assert.deepEqual(textsOf(svg), ['a', 'b'])
  assert.equal(count(svg, /<circle fill="var\(--series-1\)"/g), 2)
})

test('an interval lies around its mean, and differences around zero', () => {
  const row = { name: 'arm', mean: 0.02, interval: [0.01, 0.03] as const, values: [0.01, 0.02, 0.03], colour: 0 }
  const svg = drawIntervals(maker, { name: 'one arm', rows: [row], shares: true, zero: true }, 300)
  const [, cx] = /<circle[^>]* cx="([\d.]+)"/.exec(svg)!
  const [, x1] =
    /<line[^>]*stroke="var\(--series-1\)"[^>]* x1="([\d.]+)"/.exec(svg) ??
    /x1="([\d.]+)"[^>]*stroke="var\(--series-1\)"/.exec(svg)!
  assert.ok(Number(x1) < Number(cx))
  assert.ok(textsOf(svg).includes('arm') && textsOf(svg).includes('2.0 %'))
})

test('a history has the best so far, parallel coordinates a line for each trial, slices the axis of their setting', () => {
  const trials = [0.5, 0.7, 0.6].map((value, number) => ({ number, value, state: 'complete' as const }))
  const history = drawHistory(maker, { name: 'three trials', trials, isBetter: (a, b) => a > b }, size)
  assert.equal(count(history, /<circle/g), 3)
  const axes = ['rate', 'units'].map((name) => ({ name, places: [0, 0.5, undefined], low: '1', high: '9' }))
  const parallel = drawParallel(maker, { name: 'of two settings', axes, merits: [0, 1, 0.5] }, 300)
  assert.equal(count(parallel, /<path[^>]*stroke="var\(--series/g), 2)
  const points = [0.001, 0.01, 0.1].map((x) => ({ x, y: x, isComplete: true }))
  const slice = drawSlice(maker, { name: 'over the rate', points, log: true, across: 'rate' }, size)
  const ticks = textsOf(slice).filter((text) => ['0.001', '0.01', '0.1', '0.002'].includes(text))
  assert.deepEqual(ticks, ['0.001', '0.01', '0.1'])
})
