import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crowding, dominates, paretoFront, ranksOf } from '../../src/tune/pareto.js'
import { crc32, halving, hyperband, median, prunerOf } from '../../src/tune/pruners.js'
import type { Study, Trial } from '../../src/tune/study.js'
import { trial } from './search.js'

const study = (trials: readonly Trial[], direction: 'minimize' | 'maximize' = 'minimize'): Study => ({
  ...{ name: 'study', directions: [direction], notes: {}, trials },
})

const reports = (...values: number[]): Map<number, number> => new Map(values.map((value, i) => [i + 1, value]))

test('the median pruner: the best so far against the median of complete trials at this epoch', () => {
  const five = [1, 2, 3, 4, 5].map((value, i) => trial(i, { reports: reports(9, value) }))
  const running = (...values: number[]): Trial => trial(9, { state: 'running', reports: reports(...values) })
  const pruner = median()
  assert.equal(pruner.shouldPrune(study(five), running(9, 3.1)), true)
  assert.equal(pruner.shouldPrune(study(five), running(9, 3)), false)
  // Its best so far counts, not its last.
  assert.equal(pruner.shouldPrune(study(five), running(2.9, 8)), false)
  assert.equal(pruner.shouldPrune(study(five, 'maximize'), running(0, 2.9)), true)
  assert.equal(pruner.shouldPrune(study(five, 'maximize'), running(0, 3)), false)
  assert.equal(pruner.shouldPrune(study(five.slice(1)), running(9, 99)), false)
  assert.equal(pruner.shouldPrune(study(five), running(9, 9, 99)), false)
  assert.equal(pruner.shouldPrune(study(five), running(Number.NaN)), true)
  const gaps = five.map((one, i) => (i < 2 ? { ...one, reports: reports(9, Number.NaN) } : one))
  assert.equal(pruner.shouldPrune(study(gaps), running(9, 3.9)), false)
  assert.equal(pruner.shouldPrune(study(gaps), running(9, 4.1)), true)
})

test('successive halving against a plain simulation: at each rung the best 1/eta go on', () => {
  const eta = 3
  const pruner = halving({ least: 1, eta })
  const rungs = [1, 3, 9]
  const trials: Trial[] = []
  const seen = rungs.map((): number[] => [])
  let value = 7
  for (let number = 0; number < 60; number++) {
    value = (value * 37) % 101
    let own = trial(number, { state: 'running' })
    for (let epoch = 1; epoch <= 9; epoch++) {
      own = { ...own, reports: new Map([...own.reports, [epoch, value]]) }
      const pruned = pruner.shouldPrune(study([...trials, own]), own)
      const rung = rungs.indexOf(epoch)
      let wanted = false
      if (rung >= 0) {
        seen[rung]!.push(value)
        const promoted = Math.max(1, Math.floor(seen[rung]!.length / eta))
        wanted = value > seen[rung]!.toSorted((a, b) => a - b)[promoted - 1]!
      }
      assert.equal(pruned, wanted, `trial ${number}, epoch ${epoch}`)
      if (pruned) break
    }
    trials.push({ ...own, state: own.reports.size === 9 ? 'complete' : 'pruned' })
  }
  const share = seen[1]!.length / seen[0]!.length
  assert.ok(share > 0.25 && share < 0.5, `${share}`)
  assert.equal(pruner.shouldPrune(study([]), trial(0, { reports: reports(Number.NaN) })), true)
  assert.equal(pruner.shouldPrune(study([]), trial(0)), false)
})

test('a trial that was interrupted is no rival of the one that stands for it', () => {
  const lost = trial(0, { state: 'failed', reports: reports(1), systemNotes: { 'onward:interrupted': true } })
  const own = trial(1, { state: 'running', reports: reports(2) })
  assert.equal(halving({ least: 1, eta: 4 }).shouldPrune(study([lost, own]), own), false)
  assert.equal(halving({ least: 1, eta: 4 }).shouldPrune(study([{ ...lost, systemNotes: {} }, own]), own), true)
})

test('Hyperband: brackets in shares of the budget, each with rivals of its own', () => {
  assert.equal(crc32('123456789'), 0xcbf43926)
  const pruner = hyperband({ least: 1, most: 9, eta: 3 })
  const counts = [0, 0, 0]
  for (let turn = 0; turn < 3000; turn++) counts[pruner.bracketOf!({ name: 'study' }, turn)]!++
  // ceil(3 * 9 / 3), ceil(3 * 3 / 2), ceil(3 * 1 / 1) of 17.
  for (const [i, share] of [9 / 17, 5 / 17, 3 / 17].entries()) assert.ok(Math.abs(counts[i]! / 3000 - share) < 0.03)
  const turns = Array.from({ length: 200 }, (_, turn) => turn)
  const of = (bracket: number): number[] =>
    turns.filter((turn) => pruner.bracketOf!({ name: 'study' }, turn) === bracket)
  const [a, b] = of(0) as [number, number]
  const [c] = of(1) as [number]
  const good = trial(a, { reports: reports(1) })
  const poor = (number: number): Trial => trial(number, { state: 'running', reports: reports(2) })
  assert.equal(pruner.shouldPrune(study([good, poor(b)]), poor(b)), true)
  // The second bracket has its first rung after three epochs.
  assert.equal(pruner.shouldPrune(study([good, poor(c)]), poor(c)), false)
  assert.equal(prunerOf('none', 9).shouldPrune(study([]), poor(1)), false)
})

test('the Pareto front against its definition', () => {
  const points = Array.from({ length: 60 }, (_, i) => [(i * 37) % 23, (i * 53) % 29, (i * 11) % 7])
  const front = paretoFront(points)
  for (const [i, point] of points.entries()) {
    const isDominated = points.some(
      (other) => other.every((v, k) => v <= point[k]!) && other.some((v, k) => v < point[k]!),
    )
    assert.equal(front.includes(i), !isDominated)
  }
  const ranks = ranksOf(points)
  for (const [i, point] of points.entries())
    for (const [j, other] of points.entries()) if (dominates(point, other)) assert.ok(ranks[i]! < ranks[j]!)
  assert.deepEqual(
    ranksOf([
      [1, 1],
      [1, 1],
      [2, 2],
    ]),
    [0, 0, 1],
  )
  assert.deepEqual(
    crowding([
      [0, 4],
      [1, 2],
      [4, 0],
    ]),
    [Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY],
  )
})
