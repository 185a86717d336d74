// Derivatives along a chain that is undone step by step, against one call of `grad`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, grad, type Tensor } from '../../src/graph/index.js'
import { gradByUndoing, type Undo } from '../../src/nn/index.js'
import { close, normals, numbers } from './evaluate.js'

/** y_a = a, y_b = b + tanh(a W), and the halves swap. */
const forward = (weight: Tensor, [a, b]: readonly Tensor[]): Tensor[] => [b!.add(a!.matmul(weight).tanh()), a!]

const undoOf =
  (weight: Tensor, unused: Tensor): Undo =>
  ([moved, a]) => {
    const shift = a!.matmul(weight).tanh()
    const b = moved!.sub(shift).stopGradient()
    return { inputs: [a!, b], outputs: [b.add(shift), a!], sources: [weight, unused] }
  }

test('derivatives of every step are those of grad, from the last step to the first', () => {
  const weights = [0, 1, 2].map((k) => normals(`weight ${k}`, [3, 3]))
  const start = [normals('a', [4, 3]), normals('b', [4, 3])]
  const lossOf = (end: readonly Tensor[]): Tensor => end[0]!.square().sum().add(end[1]!.sigmoid().sum())
  const end = weights.reduce((x, weight) => forward(weight, x), start)
  const expected = grad(lossOf(end), weights).map(numbers)
  const unused = constant([1, 2])
  const found: number[][] = []
  const order: number[] = []
  gradByUndoing(
    weights.map((weight) => undoOf(weight, unused)),
    end,
    lossOf,
    ([slope, none], step) => {
      order.push(step)
      found[step] = numbers(slope!)
      assert.deepEqual(numbers(none!), [0, 0])
    },
  )
  assert.deepEqual(order, [2, 1, 0])
  for (const [k, slope] of expected.entries()) close(found[k]!, slope, 1e-12, `weight ${k}`)
})
