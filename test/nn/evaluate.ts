import assert from 'node:assert/strict'
import { constant, grad, interpret, sizeOf, type Tensor, value } from '../../src/graph/index.js'
import { stream } from '../../src/random/stream.js'

/** The numbers of a tensor that was computed from constants, in float64. */
export const numbers = (tensor: Tensor): number[] => Array.from(interpret([tensor], new Map())[0]!.data)

/** Standard normal constants, always the same for the same name. */
export function normals(name: string, shape: readonly number[]): Tensor {
  const data = new Float32Array(sizeOf(shape))
  stream(1, 0, name).normal(data)
  return constant(data, shape)
}

/** Uniform constants on [0, 1), always the same for the same name. */
export function uniforms(name: string, ...shape: number[]): Tensor {
  const data = new Float32Array(sizeOf(shape))
  stream(3, 0, name).uniform(data)
  return constant(data, shape)
}

export const whole = (...values: number[]): Tensor => constant(values, [values.length], 'int32')

/** The derivatives of the sum of a tensor, by `grad`. */
export const slopes = (y: Tensor, x: Tensor): number[] => numbers(grad(y.sum(), [x])[0]!)

/** The same by central differences. */
export function differences(y: Tensor, x: Tensor, h = 1e-5): number[] {
  const at = numbers(x)
  const total = y.sum()
  return at.map((_, i) => {
    const [above, below] = [h, -h].map((shift) => {
      const moved = at.with(i, at[i]! + shift)
      return interpret([total], new Map([[x, value(x, moved)]]))[0]!.data[0]!
    })
    return (above! - below!) / (2 * h)
  })
}

/** Every number within `tolerance` of its partner, relative to the partner where that is above 1. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12, what = ''): void {
  assert.equal(actual.length, expected.length, `${what} length`)
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance * Math.max(1, Math.abs(expected[i]!)),
      `${what}[${i}] is ${actual[i]}, expected ${expected[i]}`,
    )
}
