import type { TensorRecord } from '../../../src/runtime/program.js'
import type { StateTensor } from '../../../src/train/roles.js'
import type { NamedTensor } from '../../../src/train/safetensors.js'

/** The first weights of a network, for rivals of it; what only its optimiser keeps is its own. */
export const lent = (tensors: readonly StateTensor[], first: TensorRecord): NamedTensor[] =>
  tensors
    .filter(({ role }) => role !== 'optimizer')
    .map(({ name, dtype, shape }) => ({ name, dtype, shape, data: first[name]! }))
