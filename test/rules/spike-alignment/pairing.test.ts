// The pair rule against numbers of the specification and against a sum over pairs written out; its trace form against it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, type Tensor } from '../../../src/graph/index.js'
import { pairSums, traceSums, updateScale } from '../../../src/rules/spike-alignment/pairing.js'
import { record } from '../../../src/rules/spike-alignment/spiking.js'
import { close, numbers } from '../../nn/evaluate.js'
import { computed, weights } from './given.js'

/** The spikes of one unit in one copy, [T, 1, 1]. */
const train = (steps: number, times: readonly number[]): Tensor =>
  constant(
    Array.from({ length: steps }, (_, t) => (times.includes(t) ? 1 : 0)),
    [steps, 1, 1],
  )

const [PRE, POST] = [train(100, [5, 40, 90]), train(100, [12, 35, 60, 88])]

test('the golden sums, and the change by the length of the kernel', () => {
  const { causal, acausal } = pairSums(PRE, POST, 10)
  close(numbers(causal), [-0.69427269], 1e-8)
  close(numbers(acausal), [1.54035506], 1e-8)
  const sum = causal.add(acausal)
  close(numbers(sum.mul(updateScale(1, 10)).mul(0.04)), [(0.04 * 0.84608237) / 20], 1e-9)
  // The specification's first form of it divides by the length of the recording in the place of the kernel's.
  close(numbers(sum.mul((0.04 * 10) / 100)), [0.00338433], 1e-8)
})

test('spikes of one step count nothing, and swapped roles give the negative', () => {
  const { causal, acausal } = pairSums(PRE, PRE, 10)
  close(numbers(causal.add(acausal)), [0], 1e-15)
  const once = train(10, [4])
  close(numbers(pairSums(once, once, 10).causal), [0], 0)
  const swapped = pairSums(POST, PRE, 10)
  const own = pairSums(PRE, POST, 10)
  assert.deepEqual(numbers(swapped.causal.neg()), numbers(own.acausal))
  assert.deepEqual(numbers(swapped.acausal.neg()), numbers(own.causal))
})

test('traces give the sum over all pairs of spikes, of all copies', () => {
  const [n, m, steps, copies, refractory] = [3, 4, 120, 2, 4]
  const pair = { forward: [weights('W', [n, m])], feedback: weights('B', [n, m]) }
  const found = computed((random) => {
    const { lower, upper } = record(pair, random, 'r', { refractory, steps, copies })
    const { causal, acausal } = pairSums(upper.spikes, lower.spikes, refractory)
    return { lower: lower.spikes, upper: upper.spikes, pairs: causal.add(acausal), traces: traceSums(upper, lower) }
  })
  const wanted = Array.from({ length: n * m }, (_, entry) => {
    const [i, j] = [Math.floor(entry / m), entry % m]
    let sum = 0
    for (let copy = 0; copy < copies; copy++)
      for (let post = 0; post < steps; post++)
        for (let pre = 0; pre < steps; pre++)
          if (found.lower[(post * copies + copy) * n + i] === 1 && found.upper[(pre * copies + copy) * m + j] === 1)
            sum += Math.sign(pre - post) * Math.exp(-Math.abs(pre - post) / refractory)
    return sum
  })
  assert.ok(wanted.some((sum) => Math.abs(sum) > 1))
  close(found.pairs, wanted, 1e-12)
  close(found.traces, wanted, 1e-12)
})
