import { sameShape } from '../graph/types.js'
import type { TensorRecord } from '../runtime/index.js'
import type { StateTensor } from '../train/roles.js'
import type { NamedTensor } from '../train/safetensors.js'
import type { Contender } from './contender.js'

/** What an arm begins with that is another arm's: the arm by its place, and the tensors. */
export interface Borrowed {
  readonly from: number
  readonly tensors: readonly StateTensor[]
}

/** What an arm has in common with those before it, and what is its own. */
export interface Sharing {
  readonly borrowed: readonly Borrowed[]
  readonly own: readonly StateTensor[]
}

/**
 * Which first weights the arms share: a tensor of the model is that of the first arm that has one of the same name, type
 * and shape. With the same seed such tensors are mostly equal anyway, but for their scale.
 */
export function sharingOf(contenders: readonly Pick<Contender, 'tensors'>[]): Sharing[] {
  const models = contenders.map(({ tensors }) => tensors.filter(({ role }) => role !== 'optimizer'))
  return models.map((model, place) => {
    const ownerOf = ({ name, dtype, shape }: StateTensor): number =>
      models.findIndex((other) =>
        other.some((one) => one.name === name && one.dtype === dtype && sameShape(one.shape, shape)),
      )
    const owners = model.map(ownerOf)
    const lenders = [...new Set(owners)].filter((owner) => owner !== place).sort((a, b) => a - b)
    return {
      borrowed: lenders.map((from) => ({ from, tensors: model.filter((_, i) => owners[i] === from) })),
      own: model.filter((_, i) => owners[i] === place),
    }
  })
}

/** The borrowed tensors with their numbers; `firstState` gives that of an arm, by its place. */
export async function borrowedWeights(
  { borrowed }: Sharing,
  firstState: (place: number) => Promise<TensorRecord>,
): Promise<NamedTensor[]> {
  const all: NamedTensor[] = []
  for (const { from, tensors } of borrowed) {
    const state = await firstState(from)
    for (const { name, dtype, shape } of tensors) all.push({ name, dtype, shape, data: state[name]! })
  }
  return all
}
