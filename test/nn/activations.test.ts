import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { ACTIVATIONS, type Activation } from '../../src/nn/index.js'
import { close, differences, numbers, slopes } from './evaluate.js'

// Phi(1) = 0.8413447460685429, Phi(-2) = 0.02275013194817921: the normal distribution's table.
const TABLE: Record<Activation, [x: number, y: number][]> = {
  identity: [
    [-2, -2],
    [1.5, 1.5],
  ],
  relu: [
    [-2, 0],
    [1.5, 1.5],
  ],
  'leaky-relu': [
    [-2, -0.02],
    [1.5, 1.5],
  ],
  tanh: [
    [-2, -0.9640275800758169],
    [0.5, 0.46211715726000974],
  ],
  sigmoid: [
    [-2, 0.11920292202211755],
    [0, 0.5],
    [800, 1],
  ],
  softplus: [
    [0, Math.LN2],
    [-800, 0],
    [800, 800],
  ],
  silu: [
    [-2, -0.2384058440442351],
    [0, 0],
  ],
  gelu: [
    [1, 0.8413447460685429],
    [-2, -2 * 0.02275013194817921],
  ],
}

test('activations have the values of their definitions', () => {
  assert.deepEqual(Object.keys(TABLE).sort(), Object.keys(ACTIVATIONS).sort())
  for (const [name, rows] of Object.entries(TABLE)) {
    const y = ACTIVATIONS[name as Activation](constant(rows.map(([x]) => x)))
    close(
      numbers(y),
      rows.map(([, expected]) => expected),
      1e-14,
      name,
    )
  }
})

test('their derivatives agree with central differences', () => {
  for (const [name, activation] of Object.entries(ACTIVATIONS)) {
    const x = constant([-3.1, -0.7, 0.2, 1.9])
    close(slopes(activation(x), x), differences(activation(x), x), 1e-9, name)
  }
})
