import { constant, type Shape, sizeOf, type Tensor } from '../graph/index.js'
import type { Random } from './random.js'

/** Fan-in and fan-out of weights [in, out] or convolution kernels [out, in, KH, KW]. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! }
  const field = sizeOf(shape.slice(2))
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field }
}

/** Named rules for the standard deviation of normal initial weights. */
export const FAN_RULES = {
  /** 1 / sqrt(fan-in): LeCun; Hinton's Forward-Forward code. */
  'fan-in': ({ fanIn }: ReturnType<typeof fans>): number => 1 / Math.sqrt(fanIn),
  /** sqrt(2 / fan-in): He et al. 2015, for rectifiers. */
  he: ({ fanIn }: ReturnType<typeof fans>): number => Math.sqrt(2 / fanIn),
  /** sqrt(2 / (fan-in + fan-out)): Glorot and Bengio 2010. */
  glorot: ({ fanIn, fanOut }: ReturnType<typeof fans>): number => Math.sqrt(2 / (fanIn + fanOut)),
  /** 1 / sqrt(fan-out): what some Forward-Forward ports use by mistaking the axes of the weights. */
  'fan-out': ({ fanOut }: ReturnType<typeof fans>): number => 1 / Math.sqrt(fanOut),
} as const

export type FanRule = keyof typeof FAN_RULES

/** Normal weights with the standard deviation of a fan rule. */
export const normalWeights = (random: Random, name: string, shape: Shape, rule: FanRule): Tensor =>
  random.normal(name, shape).mul(FAN_RULES[rule](fans(shape)))

/** Uniform weights on [-b, b) with b = sqrt(3) times the rule's standard deviation, so that the variance agrees. */
export const uniformWeights = (random: Random, name: string, shape: Shape, rule: FanRule): Tensor => {
  const bound = Math.sqrt(3) * FAN_RULES[rule](fans(shape))
  return random
    .uniform(name, shape)
    .mul(2 * bound)
    .sub(bound)
}

export const zeros = (shape: Shape): Tensor => constant(0).broadcastTo(shape)

export const ones = (shape: Shape): Tensor => constant(1).broadcastTo(shape)
