import { UserError } from '../errors.js'
import type { Shape } from '../graph/index.js'

/** The parameters under these dotted paths learn together: whole tensors, or one slice each of equal layers' stack. */
export interface Block {
  readonly name: string
  readonly parameters: readonly (string | { readonly path: string; readonly index: number })[]
  /** State that predictions read besides: running statistics. Walks go through it as through state of no block. */
  readonly statistics?: readonly string[]
}

/** The number of the paths under which a slice of state lies, by name; -1: none. */
export function ownersOf(blocks: readonly Block['parameters'][]): (name: string, lane: number | undefined) => number {
  const whole = new Map<string, number>()
  const parts = new Map<string, Map<number, number>>()
  for (const [i, paths] of blocks.entries())
    for (const path of paths)
      if (typeof path === 'string') whole.set(path, i)
      else parts.set(path.path, (parts.get(path.path) ?? new Map<number, number>()).set(path.index, i))
  return (name, lane) => {
    for (const path of pathsTo(name)) {
      const owner = (lane === undefined ? undefined : parts.get(path)?.get(lane)) ?? whole.get(path)
      if (owner !== undefined) return owner
    }
    return -1
  }
}

/** A name, and what it lies under, from the inside. */
function pathsTo(name: string): string[] {
  const words = name.split('.')
  return words.map((_, i) => words.slice(0, words.length - i).join('.'))
}

/** Throws where names are equal, a number of the state belongs to two blocks, or slices of a stack belong to none. */
export function checkBlocks(blocks: readonly Block[], state: ReadonlyMap<string, Shape>): void {
  const fail = (message: string): never => {
    throw new UserError(`certify: ${message}`)
  }
  const twice = blocks.find(({ name }, i) => blocks.findIndex((block) => block.name === name) < i)
  if (twice) fail(`two blocks are called ${twice.name}; give each a name of its own`)
  for (const [name, shape] of state) {
    const paths = new Set(pathsTo(name))
    const holders = (list: readonly string[]): string[] => list.filter((path) => paths.has(path))
    const own = blocks.flatMap((block) => block.parameters.map((of) => ({ block: block.name, of })))
    const whole = own.filter(({ of }) => typeof of === 'string' && paths.has(of))
    const slices = own.flatMap(({ block, of }) =>
      typeof of === 'string' || !paths.has(of.path) ? [] : { block, index: of.index },
    )
    const keeper = blocks.find(({ statistics = [] }) => holders(statistics).length > 0)
    const owners = [...whole, ...slices]
    if (keeper && owners.length > 0)
      fail(`${name} is a parameter of ${owners[0]!.block} and a statistic of ${keeper.name}; name it once`)
    if (whole.length > 1 || (whole.length > 0 && slices.length > 0))
      fail(`${name} belongs to ${owners[0]!.block} and to ${owners[1]!.block}; name it in one block alone`)
    if (slices.length === 0) continue
    const size = shape[0] ?? 0
    for (const { block, index } of slices)
      if (!(Number.isInteger(index) && index >= 0 && index < size))
        fail(`${block} has slice ${index} of ${name}, which has ${size} slices, from 0`)
    for (let index = 0; index < size; index++) {
      const holding = slices.filter((slice) => slice.index === index)
      if (holding.length === 0) fail(`slice ${index} of ${name} belongs to no block`)
      if (holding.length > 1)
        fail(`slice ${index} of ${name} belongs to ${holding[0]!.block} and to ${holding[1]!.block}; choose one`)
    }
  }
}
