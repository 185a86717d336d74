import type { Block } from '../../rules/contract.js'
import type { TensorRecord } from '../../runtime/index.js'
import type { StateTensor } from '../roles.js'
import { blockOf } from '../roles.js'

/** The weights of a block at the end of an epoch; biases and other vectors count in `moved` alone. */
export interface Weights {
  /** The root of the mean square of all its numbers of rank 2 and more; 0 where it has none. */
  readonly size: number
  /** The same before the epoch, and when the training began or went on. */
  readonly before: number
  readonly first: number
  /** The length of what the epoch added to its numbers, as a part of their length after it. */
  readonly moved: number
  /** Whether the steps write to them at all, now and in a while. */
  readonly learns: boolean
}

/** The numbers of a block: whole tensors, or a slice of each of a stack. */
function* partsOf(block: Block, tensors: readonly StateTensor[], state: TensorRecord) {
  for (const path of block.parameters) {
    const of = typeof path === 'string' ? path : path.path
    for (const { name, dtype, shape } of tensors) {
      if (dtype !== 'float32' || !state[name] || blockOf([{ ...block, parameters: [of] }], name) < 0) continue
      const slice = typeof path === 'string' ? 0 : path.index
      const length = typeof path === 'string' ? state[name].length : state[name].length / shape[0]!
      const rank = shape.length - (typeof path === 'string' ? 0 : 1)
      yield { name, rank, data: state[name].subarray(slice * length, (slice + 1) * length) }
    }
  }
}

const squares = (data: ArrayLike<number>, other?: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += (data[i]! - (other?.[i] ?? 0)) ** 2
  return sum
}

const sizeIn = (block: Block, tensors: readonly StateTensor[], state: TensorRecord): number => {
  const matrices = [...partsOf(block, tensors, state)].filter(({ rank }) => rank > 1)
  const count = matrices.reduce((sum, { data }) => sum + data.length, 0)
  return count === 0 ? 0 : Math.sqrt(matrices.reduce((sum, { data }) => sum + squares(data), 0) / count)
}

/** The weights of each block in the states `first`, `before` and `after` an epoch; `written` are the tensors that learn. */
export const weightsOf = (
  blocks: readonly Block[],
  tensors: readonly StateTensor[],
  { first, before, after }: { readonly [when in 'first' | 'before' | 'after']: TensorRecord },
  written: ReadonlySet<string>,
): Record<string, Weights> =>
  Object.fromEntries(
    blocks.map((block): [string, Weights] => {
      const [parts, earlier] = [after, before].map((state) => [...partsOf(block, tensors, state)])
      const length = Math.sqrt(parts!.reduce((sum, { data }) => sum + squares(data), 0))
      const way = Math.sqrt(parts!.reduce((sum, { data }, i) => sum + squares(data, earlier![i]!.data), 0))
      return [
        block.name,
        {
          size: sizeIn(block, tensors, after),
          before: sizeIn(block, tensors, before),
          first: sizeIn(block, tensors, first),
          moved: way === 0 ? 0 : way / length,
          learns: parts!.some(({ name }) => written.has(name)),
        },
      ]
    }),
  )
