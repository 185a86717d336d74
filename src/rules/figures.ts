import type { Figures } from './contract.js'

/** What stands between a block and its figure in the names of a program's outputs; no block's name may contain it. */
const BETWEEN = '/'

/** The figures by their names in a program: `loss` of the network, `layer 0/loss` of a block. */
export const flatten = <T>({ network = {}, blocks = {} }: Figures<T>): [name: string, value: T][] => [
  ...Object.entries(network),
  ...Object.entries(blocks).flatMap(([block, own]) =>
    Object.entries(own).map(([name, value]): [string, T] => [`${block}${BETWEEN}${name}`, value]),
  ),
]

/** The figures of a network and of its blocks, from their names in a program. */
export function unflatten<T>(list: Iterable<readonly [name: string, value: T]>): Figures<T> {
  const network: Record<string, T> = {}
  const blocks: Record<string, Record<string, T>> = {}
  for (const [name, value] of list) {
    const at = name.indexOf(BETWEEN)
    if (at < 0) network[name] = value
    else {
      blocks[name.slice(0, at)] ??= {}
      blocks[name.slice(0, at)]![name.slice(at + 1)] = value
    }
  }
  return { network, blocks }
}
