// The golden values of the specification, which are those of the authors' code to seven digits.
import { describe, test } from 'node:test'
import { constant, grad, type Tensor } from '../../../src/graph/index.js'
import type { ACTIVATIONS } from '../../../src/rules/predictive-coding/network.js'
import { afterDual, energy, type Point, type Relaxation } from '../../../src/rules/predictive-coding/relaxation.js'
import { close, numbers } from '../../nn/evaluate.js'
import { transpose } from '../matrices.js'
import { authors, from, type Given, relaxed } from './given.js'

const ETA = 0.1

/** Ours are [in, out]. */
const matrix = (rows: number[][]): number[] => transpose(rows).flat()

const W2 = [
  [0.1, -0.3, 0.2],
  [0.4, 0.2, -0.1],
  [-0.2, 0.3, 0.1],
]
const W3 = [
  [-0.3, 0.2, 0.4],
  [0.1, -0.2, 0.3],
  [0.2, 0.1, -0.4],
]
const W4 = [
  [0.5, -0.2, 0.1],
  [-0.1, 0.4, -0.3],
]

function network(activation: keyof typeof ACTIVATIONS): Given {
  const first = matrix([
    [0.3, -0.2],
    [-0.4, 0.1],
    [0.2, 0.5],
  ])
  const weights = {
    first: constant(first, [2, 3]),
    middle: constant([...matrix(W2), ...matrix(W3)], [2, 3, 3]),
    last: constant(matrix(W4), [3, 2]),
  }
  const x = constant([0.2, -0.4, 0.5, 0.1, -0.3, 0.7], [3, 2])
  const y = constant([1, 0, 0, 1, 1, 0], [3, 2])
  return from(weights, x, y, { architecture: 'residual', depth: 4, width: 3, activation })
}

const energyOf = ({ net, y }: Given, point: Point, rho = 1): Tensor => energy(net, point, y, rho).mean()

/** dW_1 and dW_L by the energy at a point, as the specification lays them out, [out, in]. */
function gradients(own: Given, point: Point) {
  const [first, , last] = grad(energyOf(own, point), own.parameters)
  const rows = (g: Tensor): number[] => numbers(g.transpose())
  return { first: rows(first!), last: rows(last!) }
}

/** z_l or lambda_l of the first sample. */
const ofSample = (x: Tensor, l: number): number[] => numbers(x).slice(9 * (l - 1), 9 * (l - 1) + 3)

const after = (own: Given, turns: number, other: Partial<Relaxation> = {}) => relaxed(own, ETA, authors(turns, other))

describe('linear units', () => {
  const own = network('linear')

  test('the energy at the start is the loss', () => {
    // In float64 0.512020001: the source tells the nearest float32 but one.
    close(numbers(energyOf(own, { z: own.z })), [0.51202005], 6e-8)
    close(numbers(own.loss.mean()), numbers(energyOf(own, { z: own.z })), 1e-15)
  })

  test('backpropagation', () => {
    const [first] = grad(own.loss.mean(), own.parameters)
    close(numbers(first!.transpose()).slice(0, 2), [0.00608643, -0.01074775], 5e-9)
  })

  test('one step of predictive coding moves the highest layer', () => {
    close(ofSample(after(own, 1, { alpha: 0 }).z, 3), [0.09092198, -0.08551751, -0.10748916], 5e-9)
  })

  test('three steps of predictive coding', () => {
    const point = after(own, 3, { alpha: 0 })
    close(ofSample(point.z, 1), [0.09914097, -0.08491638, -0.11308353], 5e-9)
    close(gradients(own, point).first.slice(0, 2), [6.086425e-6, -1.0747755e-5], 5e-12)
  })

  const point = after(own, 3, { innerSteps: 2 })

  test('three turns of PC-ALM with two steps each', () => {
    close(ofSample(point.z, 3), [0.1363241, -0.10286074, -0.09796704], 5e-9)
  })

  test('multipliers before and after their last step', () => {
    close(ofSample(point.lambda, 3), [0.07012855, -0.02895364, 0.01257839], 5e-9)
    const last = afterDual(own.net, point, 1)
    close(ofSample(last.lambda as Tensor, 3), [0.1073949, -0.04521689, 0.01799906], 5e-9)
  })

  test('the gradients of PC-ALM', () => {
    const { first, last } = gradients(own, point)
    close(first, [0.000266599, -0.000473177, -0.000745782, 0.000088677, 0.000549621, -0.000080919], 1e-9)
    close(last.slice(0, 3), [-0.00837371, -0.00034083, -0.01309352], 5e-9)
  })
})

for (const [activation, first, last] of [
  ['tanh', [0.000264285, -0.000467973], [-0.00809945, -0.000380488, -0.012737009]],
  ['relu', [-0.000144963, 0.000679546], [-0.016589954, -0.013615844, -0.023586806]],
] as const)
  test(`the gradients of PC-ALM with ${activation} units`, () => {
    const own = network(activation)
    const found = gradients(own, after(own, 3, { innerSteps: 2 }))
    close(found.first.slice(0, 2), first, 1e-9)
    close(found.last.slice(0, 3), last, 1e-9)
  })
