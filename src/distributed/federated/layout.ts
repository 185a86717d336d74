import { sizeOf } from '../../graph/types.js'
import { unknownName } from '../../names.js'
import type { Block } from '../../rules/contract.js'
import type { TensorRecord } from '../../runtime/index.js'
import { blockOf, type StateTensor } from '../../train/roles.js'

/** A tensor that travels between the clients and the coordinator. */
export interface Travelling {
  readonly name: string
  readonly shape: readonly number[]
  /** The name of its block; of what belongs to none, `rest`. */
  readonly block: string
}

/**
 * What stays with a client: nothing, what lies under some paths, or `unread`: what a block needs to learn alone, though
 * predictions read the rest of it, as a cell's decoder. A block that predictions do not read at all, such as a head that
 * chooses negatives, travels: other blocks learn from it.
 */
export type Private = 'none' | 'unread' | readonly string[]

export const REST = 'rest'

/** Throws a UsageError where a name that is to stay private is that of no tensor: what was meant would travel. */
export function checkPrivate(tensors: readonly Pick<StateTensor, 'name'>[], kept: Private): void {
  if (typeof kept === 'string') return
  const names = tensors.map(({ name }) => name)
  const lost = kept.find((path) => !names.some((name) => isUnder(name, path)))
  if (lost !== undefined) throw unknownName('tensor', lost, names)
}

const isUnder = (name: string, path: string): boolean => name === path || name.startsWith(`${path}.`)

/**
 * The tensors that travel: the model and its statistics, in the order of the state. What the optimiser keeps stays with
 * each client, and so does what is private, and whole numbers, which have no mean.
 */
export function travelling(
  tensors: readonly StateTensor[],
  blocks: readonly Block[],
  kept: Private,
): readonly Travelling[] {
  const readBlocks = new Set(tensors.filter(({ isRead }) => isRead).map(({ name }) => blockOf(blocks, name)))
  const isPrivate = ({ name, isRead }: StateTensor): boolean => {
    if (kept === 'unread') return !isRead && blockOf(blocks, name) >= 0 && readBlocks.has(blockOf(blocks, name))
    return kept !== 'none' && kept.some((path) => isUnder(name, path))
  }
  return tensors
    .filter((tensor) => tensor.role !== 'optimizer' && tensor.dtype === 'float32' && !isPrivate(tensor))
    .map(({ name, shape }) => ({ name, shape, block: blockName(blocks, name) }))
}

function blockName(blocks: readonly Block[], name: string): string {
  const own = blockOf(blocks, name)
  if (own >= 0) return blocks[own]!.name
  return blocks.find(({ statistics }) => statistics?.some((path) => isUnder(name, path)))?.name ?? REST
}

export const lengthOf = (layout: readonly Travelling[]): number =>
  layout.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/** The numbers of all its tensors, one after the other. */
export function flattened(layout: readonly Travelling[], state: TensorRecord): Float32Array {
  const flat = new Float32Array(lengthOf(layout))
  let offset = 0
  for (const { name, shape } of layout) {
    flat.set(state[name] as Float32Array, offset)
    offset += sizeOf(shape)
  }
  return flat
}

/** The tensors of such numbers, by name. */
export function unflattened(layout: readonly Travelling[], flat: Float32Array): Record<string, Float32Array> {
  let offset = 0
  return Object.fromEntries(
    layout.map(({ name, shape }) => {
      const begin = offset
      offset += sizeOf(shape)
      return [name, flat.slice(begin, offset)]
    }),
  )
}
