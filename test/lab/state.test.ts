import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkLayout } from '../../lab/src/network/layout.js'
import { lent } from '../../lab/src/session/lend.js'
import { filtersOf, glancesOf, imagesOf } from '../../lab/src/session/look.js'
import { historyOf } from '../../lab/src/state/history.js'
import { leadOf, type Racer } from '../../lab/src/state/lead.js'
import { countsIn, pairedNumbers } from '../../lab/src/state/sights.js'
import { certifyRule } from '../../src/rules/certify.js'
import { RULES } from '../../src/rules/registry.js'

test('a history keeps the course of each figure, and no more points than can be drawn', () => {
  let history = historyOf()
  for (let step = 1; step <= 5000; step++)
    history = history.with({ step, metrics: { network: { loss: 1 / step }, blocks: { low: { loss: step } } } })
  assert.deepEqual(
    history.curves.map(({ block, figure }) => [block, figure]),
    [
      [undefined, 'loss'],
      ['low', 'loss'],
    ],
  )
  for (const { points } of history.curves) {
    assert.ok(points.length <= 401)
    assert.equal(points.at(-1)!.step, 5000)
    assert.deepEqual(
      points.map(({ step }) => step),
      points.map(({ step }) => step).toSorted((a, b) => a - b),
    )
  }
  assert.equal(
    history.with({ step: 5001, metrics: { network: { loss: Number.NaN } } }).curves[0]!.points.at(-1)!.step,
    5000,
  )
})

test('numbers of two phases are a pair, and every value is counted once', () => {
  const own = (phase: string, values: number[]) => ({
    ...{ block: 'a', phase, what: 'goodness', shape: [], samples: values.length },
    values: Float32Array.from(values),
  })
  const pair = pairedNumbers([own('true', [1, 2, 3]), own('false', [0, 1])])
  assert.deepEqual(
    pair?.series.map(({ phase }) => phase),
    ['true', 'false'],
  )
  assert.equal(pairedNumbers([own('true', [1])]), undefined)
  assert.deepEqual(countsIn([0, 0.1, 0.5, 1], 0, 1, 2), [2, 2])
  assert.deepEqual(countsIn([3, 3], 3, 3, 2), [2, 0])
})

test('of what is seen the page gets the first samples, and all of single numbers', () => {
  const seen = { block: 'a', phase: 'pass' }
  const [units, numbers] = glancesOf([
    { ...seen, what: 'activity', shape: [20, 3], values: Float32Array.from({ length: 60 }, (_, i) => i) },
    { ...seen, what: 'goodness', shape: [20], values: new Float32Array(20) },
  ])
  assert.deepEqual([units!.samples, units!.shape, Array.from(units!.values.slice(0, 4))], [8, [3], [0, 1, 2, 3]])
  assert.deepEqual([numbers!.samples, numbers!.shape], [20, []])
  const images = imagesOf({ shape: [1, 2, 2], levels: 256 }, new Float32Array(40))
  assert.deepEqual([images?.count, images?.pixels.length], [8, 32])
  assert.equal(imagesOf({ shape: [4] }, new Float32Array(40)), undefined)
})

test('filters are weights of the pixels, a weight of 0 in the middle, the largest at an end', () => {
  const tensor = { dtype: 'float32', role: 'model', isRead: true } as const
  const blocks = [{ name: 'low', parameters: ['low'] }]
  const weight = Float32Array.from([1, 0, -2, 1, 0, 0, 4, -1])
  const { low } = filtersOf(
    blocks,
    [{ name: 'low.weight', shape: [4, 2], ...tensor }],
    { 'low.weight': weight },
    {
      shape: [1, 2, 2],
      levels: 256,
    },
  )
  assert.deepEqual([low?.count, low?.shape], [2, [1, 2, 2]])
  // Unit 0 has the weights 1, -2, 0, 4.
  assert.deepEqual(Array.from(low!.pixels.slice(0, 4)), [0.625, 0.25, 0.5, 1])
})

test('boxes of a network lie within the width that there is, above each other, and lines end at them', () => {
  for (const id of ['forward-forward', 'backprop', 'equilibrium-propagation', 'broadcast', 'nice']) {
    const rule = RULES.find((own) => own.id === id)!
    const certificate = certifyRule(rule, 'glyphs', rule.small?.shape ? {} : rule.small?.hyper)
    for (const width of [320, 560, 900]) {
      const { boxes, flows, width: used } = networkLayout(certificate, width)
      const layers = boxes.filter(({ kind }) => kind === 'layer' || kind === 'layers')
      for (const [i, box] of layers.entries()) {
        assert.ok(box.width >= 160 && box.x >= 0)
        const below = layers[i - 1]
        if (below) assert.ok(box.y + box.height < below.y, `${id}: ${box.name} lies on ${below.name}`)
      }
      const right = Math.max(...flows.flatMap(({ lines }) => lines.flat().map(([x]) => x)))
      if (width > 500) assert.ok(right <= width, `${id} at ${width}: ${right} of ${used}`)
      for (const { lines } of flows) {
        const [x, y] = lines[0]!.at(-1)!
        assert.ok(
          layers.some((box) => y >= box.y && y <= box.y + box.height && (x === box.x || x === box.x + box.width)),
        )
      }
    }
  }
})

test('a rival is lent the weights of a network, and nothing of its optimiser', () => {
  const tensor = (name: string, role: 'model' | 'optimizer' = 'model') => ({
    ...{ name, dtype: 'float32' as const, shape: [2], role, isRead: true },
  })
  const state = { low: Float32Array.of(1, 2), high: Float32Array.of(3, 4), moment: Float32Array.of(5, 6) }
  assert.deepEqual(
    lent([tensor('low'), tensor('high'), tensor('moment', 'optimizer')], state).map(({ name, data }) => [name, data]),
    [
      ['low', state.low],
      ['high', state.high],
    ],
  )
})

test('a race is led by the best at the last epoch that all have, and chance is two standard errors', () => {
  const racer = (title: string, ...accuracies: number[]): Racer => ({
    title,
    epochs: accuracies.map((accuracy, i) => ({
      epoch: i + 1,
      validation: { network: { accuracy } },
      confusion: { classes: 2, counts: Uint32Array.of(30, 20, 10, 40) },
    })),
  })
  const lead = leadOf([racer('a', 0.5, 0.8), racer('b', 0.9), racer('c', 0.3, 0.4, 0.99)])
  assert.deepEqual(
    [lead?.epoch, lead?.samples, lead?.first, lead?.second],
    [1, 100, { title: 'b', accuracy: 0.9 }, { title: 'a', accuracy: 0.5 }],
  )
  assert.ok(Math.abs(lead!.chance - 2 * Math.sqrt(((91 / 102) * (11 / 102) + 0.5 * 0.5) / 100)) < 1e-12)
  assert.equal(leadOf([racer('a', 0.5)]), undefined)
  assert.equal(leadOf([racer('a', 0.5), racer('b')]), undefined)
})
