import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, type Tensor } from '../../src/graph/index.js'
import { adam, leaves, type Optimizer, sgd } from '../../src/nn/index.js'
import { close, numbers } from './evaluate.js'

const START = [0.5, -1.2, 2]
/** A gradient that depends on the parameter and the step; the rates fall. */
const gradientAt = (p: number, t: number): number => p * 0.3 - Math.sin(t + 1)
const RATES = [0.1, 0.08, 0.05, 0.05, 0.01]

/** The parameters after every step, by the optimiser in float64. */
function trajectory(optimizer: Optimizer): number[][] {
  let parameters: { w: Tensor; b: Tensor } = { w: constant(START.slice(0, 2)), b: constant(START.slice(2)) }
  let state = optimizer.init(parameters)
  return RATES.map((rate, t) => {
    const gradients = leaves(parameters).map(([, p]) => p.mul(0.3).sub(Math.sin(t + 1)))
    ;[parameters, state] = optimizer.update(parameters, gradients, state, constant(rate))
    return [...numbers(parameters.w), ...numbers(parameters.b)]
  })
}

/** The same by a textbook formula for one number: (p, g, rate, t from 1) to the new p. */
function byHand(make: () => (p: number, g: number, rate: number, t: number) => number): number[][] {
  const columns = START.map((start) => {
    const step = make()
    let p = start
    return RATES.map((rate, t) => {
      p = step(p, gradientAt(p, t), rate, t + 1)
      return p
    })
  })
  return RATES.map((_, t) => columns.map((column) => column[t]!))
}

const agree = (optimizer: Optimizer, make: Parameters<typeof byHand>[0]): void => {
  const expected = byHand(make)
  trajectory(optimizer).forEach((row, t) => {
    close(row, expected[t]!, 1e-12, `step ${t}`)
  })
}

test('sgd is p - rate g, with weight decay as part of the gradient', () => {
  agree(sgd(), () => (p, g, rate) => p - rate * g)
  agree(sgd({ weightDecay: 0.2 }), () => (p, g, rate) => p - rate * (g + 0.2 * p))
})

test('momentum is the heavy ball', () => {
  agree(sgd({ momentum: 0.9, weightDecay: 0.1 }), () => {
    let v = 0
    return (p, g, rate) => {
      v = 0.9 * v + (g + 0.1 * p)
      return p - rate * v
    }
  })
})

/** Algorithm 1 of Kingma and Ba; with decay, algorithm 2 of Loshchilov and Hutter with the rate as its schedule. */
const textbookAdam = (beta1: number, beta2: number, epsilon: number, decay: number) => () => {
  let m = 0
  let v = 0
  return (p: number, g: number, rate: number, t: number): number => {
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    const mHat = m / (1 - beta1 ** t)
    const vHat = v / (1 - beta2 ** t)
    return p - rate * (mHat / (Math.sqrt(vHat) + epsilon) + decay * p)
  }
}

test('Adam with scaled moments is the textbook one', () => {
  agree(adam(), textbookAdam(0.9, 0.999, 1e-8, 0))
  // An epsilon that matters.
  agree(adam({ beta1: 0.8, beta2: 0.95, epsilon: 0.3 }), textbookAdam(0.8, 0.95, 0.3, 0))
})

test('AdamW decays apart from the gradient', () => {
  agree(adam({ weightDecay: 0.1 }), textbookAdam(0.9, 0.999, 1e-8, 0.1))
})

test('the state of an optimiser keeps its names and shapes', () => {
  const parameters = { w: constant(START), b: constant(1) }
  for (const optimizer of [sgd(), sgd({ momentum: 0.5 }), adam()]) {
    const before = optimizer.init(parameters)
    const [, after] = optimizer.update(parameters, [parameters.w, parameters.b], before, constant(0.1))
    const outline = (tree: typeof before) => leaves(tree).map(([name, { shape }]) => `${name} ${shape}`)
    assert.deepEqual(outline(after), outline(before))
  }
})
