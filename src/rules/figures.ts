import type { Figures } from './contract.js'

/** What stands between a block and its figure in the names of a program's outputs; no block's name may contain it. */
const BETWEEN = '/'

/** Whether a block, or a figure of the network, may have this name. */
export const isName = (name: string): boolean => !name.includes(BETWEEN)

/** The name in a program of a block's figure, or of one of the network. */
export const nameIn = (block: string | undefined, figure: string): string =>
  block === undefined ? figure : `${block}${BETWEEN}${figure}`

/** The figures by their names in a program: `loss` of the network, `layer 0/loss` of a block. */
export const flatten = <T>({ network = {}, blocks = {} }: Figures<T>): [name: string, value: T][] => [
  ...Object.entries(network),
  ...Object.entries(blocks).flatMap(([block, own]) =>
    Object.entries(own).map(([name, value]): [string, T] => [nameIn(block, name), value]),
  ),
]

/** Whose a figure is: a block's, or the network's. */
export interface FigurePlace {
  readonly block?: string
  readonly figure: string
}

/** The same, from its name in a program. */
export function placeOf(name: string): FigurePlace {
  const at = name.indexOf(BETWEEN)
  return at < 0 ? { figure: name } : { block: name.slice(0, at), figure: name.slice(at + 1) }
}

/** The figures of a network and of its blocks, from their names in a program. */
export const unflatten = <T>(list: readonly (readonly [name: string, value: T])[]): Figures<T> =>
  byPlace(list.map(([name, value]) => [placeOf(name), value]))

/** The figures of a network and of its blocks. Neither is there without figures. */
export function byPlace<T>(list: Iterable<readonly [FigurePlace, value: T]>): Figures<T> {
  const network: Record<string, T> = {}
  const blocks: Record<string, Record<string, T>> = {}
  for (const [{ block, figure }, value] of list) {
    if (block === undefined) network[figure] = value
    else blocks[block] = { ...blocks[block], [figure]: value }
  }
  return {
    ...(Object.keys(network).length > 0 && { network }),
    ...(Object.keys(blocks).length > 0 && { blocks }),
  }
}
