import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stream } from '../../src/random/stream.js'
import type { Distribution } from '../../src/tune/distribution.js'
import { importances, placeOf } from '../../src/tune/importance.js'

const rate: Distribution = { kind: 'float', low: 1e-4, high: 1, log: true }
const distributions: Readonly<Record<string, Distribution>> = {
  rate,
  momentum: { kind: 'float', low: 0, high: 1, log: false },
  kind: { kind: 'choice', choices: ['a', 'b', 'c'] },
  fixed: { kind: 'int', low: 3, high: 3, log: false, step: 1 },
}

/** Trials of random settings. */
function trials(count: number, valued: (own: Readonly<Record<string, number>>) => number) {
  const numbers = new Float32Array(3 * count)
  stream(5, 0, 'trials').uniform(numbers)
  return Array.from({ length: count }, (_, i) => {
    const [a, b, c] = numbers.slice(3 * i) as unknown as [number, number, number]
    const params = { rate: 10 ** (-4 + 4 * a), momentum: b, kind: Math.floor(3 * c), fixed: 3 }
    return { state: 'complete' as const, params, distributions, values: [valued(params)] }
  })
}

const order = (found: ReadonlyMap<string, number>): string[] =>
  [...found].sort(([, a], [, b]) => b - a).map(([name]) => name)

test('the setting that decides is the most important one, on its own axis, and the parts make a whole', () => {
  const byRate = importances(
    trials(200, ({ rate: x }) => Math.abs(Math.log10(x!) + 2)),
    ['minimize'],
  )
  assert.equal(order(byRate)[0], 'rate')
  assert.ok(byRate.get('rate')! > 0.7, `${byRate.get('rate')}`)
  assert.ok(Math.abs([...byRate.values()].reduce((a, b) => a + b, 0) - 1) < 1e-9)
  const byKind = importances(
    trials(200, ({ kind }) => Number(kind === 1)),
    ['maximize'],
  )
  assert.equal(order(byKind)[0], 'kind')
  assert.equal(byKind.has('fixed'), false)
})

test('of fewer than ten complete trials nothing is said; pruned ones do not count', () => {
  const some = trials(12, ({ rate: x }) => x!)
  assert.equal(importances(some.slice(0, 9), ['minimize']).size, 0)
  assert.equal(
    importances(
      some.map((own) => ({ ...own, state: 'pruned' as const })),
      ['minimize'],
    ).size,
    0,
  )
})

test('places on a logarithmic axis are equally far in each octave', () => {
  assert.ok(Math.abs(placeOf(rate, 1e-2) - 0.5) < 1e-12)
})
