import type { Tensor } from '../../../src/graph/index.js'
import { LINEAR, LOGISTIC } from '../../../src/nn/units.js'
import type { Clamping, Network, States } from '../../../src/rules/hopfield-vae/hopfield.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { rowsOf } from '../harness.js'
import type { Matrix } from '../plain.js'
import { dot } from './rule.js'

/** A network of constants, layered or with everything coupled. */
export function networkOf(layered: boolean, scale: number): Network {
  const couplings = (name: string, shape: readonly number[]): Tensor => normals(name, shape).mul(scale)
  return {
    visible: { bias: couplings('bias v', [7]), ...(!layered && { visible: couplings('vv', [3, 7]) }) },
    hidden: {
      bias: couplings('bias h', [6]),
      visible: couplings('vh', [7, 6]),
      ...(!layered && { hidden: couplings('hh', [3, 5]) }),
    },
    latent: {
      bias: couplings('bias l', [2]),
      hidden: couplings('hl', [6, 2]),
      ...(!layered && { visible: couplings('vl', [7, 2]) }),
    },
  }
}

export const clamping = (clamped: 'visible' | 'latent', value: Tensor, damping: number): Clamping =>
  clamped === 'visible'
    ? { clamped, value, output: 'latent', units: LINEAR, damping }
    : { clamped, value, output: 'visible', units: LOGISTIC, damping }

export const PIXELS = normals('x', [1, 7]).sigmoid()
export const CODE = normals('z', [1, 2])

export const times = (matrix: Matrix, x: readonly number[]): number[] => matrix.map((row) => dot(row, x))
export const transposed = (matrix: Matrix): Matrix => matrix[0]!.map((_, j) => matrix.map((row) => row[j]!))

/** E of a layered network in plain numbers: logistic units but for linear latent ones. */
export function energyOf(network: Network, v: readonly number[], h: readonly number[], l: readonly number[]): number {
  const entropy = (s: number): number => (s > 0 && s < 1 ? s * Math.log(s) + (1 - s) * Math.log(1 - s) : 0)
  // The integral of the inverse of f(a) = logistic(4 a - 2).
  const ofLogistic = (s: number): number => entropy(s) / 4 + s / 2
  const own = [...v, ...h].reduce((sum, s) => sum + ofLogistic(s), 0) + dot(l, l) / 2
  const [vh, hl] = [network.hidden.visible!, network.latent.hidden!].map((w) => rowsOf(numbers(w), w.shape[0]!))
  const coupled = dot(times(vh!, h), v) + dot(times(hl!, l), h)
  const biased = (['visible', 'hidden', 'latent'] as const).map((layer, i) =>
    dot(numbers(network[layer].bias), [v, h, l][i]!),
  )
  return own - coupled - biased.reduce((a, b) => a + b, 0)
}

export const statesOf = ({ hidden, output }: States): [number[], number[]] => [numbers(hidden), numbers(output)]

/** Packed couplings as a matrix, by the layout's own words: row `first + q`, and behind it the row that fills it up. */
export function pairs(packed: readonly number[], n: number): Matrix {
  const rows = Math.floor(n / 2)
  const width = packed.length / rows
  const matrix: Matrix = Array.from({ length: n }, () => Array<number>(n).fill(0))
  const put = (i: number, j: number, w: number): void => {
    matrix[i]![j] = w
    matrix[j]![i] = w
  }
  for (let q = 0; q < rows; q++) {
    const [row, other] = [n - rows + q, rows - 1 - q + (n % 2)]
    for (let c = 0; c < width; c++) {
      const w = packed[q * width + c]!
      if (c < row) put(row, c, w)
      else put(other, width - 1 - c, w)
    }
  }
  return matrix
}
