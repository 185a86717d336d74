import { UsageError } from '../errors.js'
import { reachable } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'

/** Whether a program rounds products to 8 bits; what a loop does is not looked at, and may. */
const mayRound = ({ state, metrics }: StepGraph): boolean =>
  reachable([...state, ...metrics].map(({ output }) => output)).some(
    ({ op }) => op === 'loop' || op.startsWith('quantized'),
  )

/** Throws a UsageError where a training in 8 bits would be one in float32: no program of its rule rounds anything. */
export function checkRounds(rule: string, programs: readonly StepGraph[]): void {
  if (!programs.some(mayRound))
    throw new UsageError(`${rule} has no products in 8 bits with these settings: leave the precision at float32`)
}
