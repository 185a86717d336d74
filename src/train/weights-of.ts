import { UsageError } from '../errors.js'
import { sameShape, show } from '../graph/types.js'
import type { TensorRecord } from '../runtime/index.js'
import type { NamedTensor } from './safetensors.js'
import type { StateTensor } from './session.js'

/** Another network that a training takes its first weights from. */
export interface Origin {
  /** Its name for people: the folder of its run. */
  readonly run: string
  readonly state: readonly NamedTensor[]
}

/** What was taken from another network. */
export interface Taken {
  readonly run: string
  /** Tensors that were taken. */
  readonly taken: number
  /** What was not, on either side, and why; states of optimisers are not counted. */
  readonly left: readonly string[]
}

/**
 * A first state with the tensors of another network wherever the model has one of the same name, type and shape; the
 * optimiser begins afresh. Throws a UsageError where nothing fits.
 */
export function weightsOf(
  { run, state }: Origin,
  first: TensorRecord,
  tensors: readonly StateTensor[],
): { readonly state: TensorRecord; readonly taken: Taken } {
  const there = new Map(state.map((tensor) => [tensor.name, tensor]))
  const next = { ...first }
  const left: string[] = []
  for (const { name, dtype, shape } of tensors.filter(({ role }) => role !== 'optimizer')) {
    const own = there.get(name)
    if (own?.dtype === dtype && sameShape(own.shape, shape)) next[name] = own.data.slice()
    else left.push(`${name} ${show(shape)}: ${own ? `${own.dtype} ${show(own.shape)} there` : 'not there'}`)
  }
  const taken = tensors.filter(({ name }) => next[name] !== first[name]).length
  if (taken === 0) throw new UsageError(`${run} has no weights of the names and shapes that this network has.`)
  const known = new Set(tensors.map(({ name }) => name))
  for (const { name, shape } of state) if (!known.has(name)) left.push(`${name} ${show(shape)}: not here`)
  return { state: next, taken: { run, taken, left } }
}
