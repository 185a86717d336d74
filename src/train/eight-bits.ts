import { UsageError } from '../errors.js'
import { reachable, type Tensor } from '../graph/index.js'
import { resultsOf } from '../graph/loop.js'
import type { StepGraph } from '../onnx/index.js'

/** Whether products that lead to the outputs, in loops too, are rounded to 8 bits. */
const rounds = (outputs: readonly Tensor[]): boolean =>
  reachable(outputs).some(
    ({ op, attributes }) => op.startsWith('quantized') || (op === 'loop' && rounds(resultsOf(attributes))),
  )

/** Throws a UsageError where a training in 8 bits would be one in float32: no program of its rule rounds anything. */
export function checkRounds(rule: string, programs: readonly StepGraph[]): void {
  if (!programs.some(({ state, metrics }) => rounds([...state, ...metrics].map(({ output }) => output))))
    throw new UsageError(`${rule} has no products in 8 bits with these settings: leave the precision at float32`)
}
