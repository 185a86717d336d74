import type { Tensor } from '../../src/graph/index.js'
import type { DType } from '../../src/graph/types.js'

/** An input of a case. Without values it is filled from a generator keyed by the case's name. */
export interface Argument {
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Uniform in [low, high); whole numbers for int32. */
  readonly between: readonly [number, number]
  readonly values?: readonly number[]
}

export interface Case {
  readonly name: string
  readonly inputs: readonly Argument[]
  readonly build: (...inputs: Tensor[]) => Tensor | readonly Tensor[]
  /** What the gradient must be, if not the central differences: that of another function, refused, or (at a kink) none. */
  readonly gradient?: 'refused' | 'none' | ((...inputs: Tensor[]) => Tensor)
  /** Largest error of a straight-through gradient, relative to the largest value. */
  readonly rounding?: number
  readonly webgpu?: 'refused'
}

export const floats = (...shape: number[]): Argument => ({ shape, dtype: 'float32', between: [-2, 2] })
export const positive = (...shape: number[]): Argument => ({ shape, dtype: 'float32', between: [0.3, 3] })
export const ints = (count: number, ...shape: number[]): Argument => ({ shape, dtype: 'int32', between: [0, count] })
export const signed = (...shape: number[]): Argument => ({ shape, dtype: 'int32', between: [-4, 5] })
export const bools = (...shape: number[]): Argument => ({ shape, dtype: 'bool', between: [0, 2] })
export const exactly = (values: readonly number[], dtype: DType = 'float32', shape = [values.length]): Argument => ({
  shape,
  dtype,
  between: [0, 1],
  values,
})

type Build = Case['build']
export const at = (name: string, inputs: readonly Argument[], build: Build, more: Partial<Case> = {}): Case => ({
  name,
  inputs,
  build,
  ...more,
})
