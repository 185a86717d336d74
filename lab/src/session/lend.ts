import { sameShape } from '../../../src/graph/types.js'
import type { TensorRecord } from '../../../src/runtime/program.js'
import type { StateTensor } from '../../../src/train/roles.js'
import type { NamedTensor } from '../../../src/train/safetensors.js'

/** The first weights of a network, for rivals of it; what only its optimiser keeps is its own. */
export const lent = (tensors: readonly StateTensor[], first: TensorRecord): NamedTensor[] =>
  tensors
    .filter(({ role }) => role !== 'optimizer')
    .map(({ name, dtype, shape }) => ({ name, dtype, shape, data: first[name]! }))

/** A first state with the weights of another network wherever name, type and shape are equal. */
export function withLent(
  tensors: readonly StateTensor[],
  first: TensorRecord,
  others: readonly NamedTensor[],
): TensorRecord {
  const next = { ...first }
  for (const { name, dtype, shape, role } of tensors) {
    const other = others.find((own) => own.name === name && own.dtype === dtype && sameShape(own.shape, shape))
    if (other && role !== 'optimizer') next[name] = other.data.slice()
  }
  return next
}
