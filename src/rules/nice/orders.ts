import { permutation } from '../../data/index.js'
import { concat, constant, type Tensor } from '../../graph/index.js'
import type { Task } from '../contract.js'

/** In which parts the coordinates of samples lie beside each other: the numbers of each part's coordinates. */
export type Order = readonly (readonly number[])[]

const counted = (count: number): number[] => [...Array(count).keys()]

/** The coordinates as samples have them. */
export const natural = (size: number): Order => [counted(size)]

/** For each coupling the coordinates that it keeps, and those that it changes. */
export function halvesOf(
  size: number,
  { couplings, split }: { readonly couplings: number; readonly split: 'alternating' | 'random' },
  structure: Task['structure'],
): Order[] {
  const [even, odd] = [0, 1].map((first) => counted(size).filter((i) => i % 2 === first)) as [number[], number[]]
  return counted(couplings).map((k) => {
    if (split === 'alternating') return k % 2 === 0 ? [even, odd] : [odd, even]
    const order = Array.from(permutation(size, structure(`coupling ${k}`)))
    return [order.slice(0, even.length), order.slice(even.length)]
  })
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])

/** Parts [N, size] of one order as parts of another. */
export function regroup(from: Order, to: Order): (parts: readonly Tensor[]) => Tensor[] {
  const moved = to.map((part) => from.findIndex((own) => same(own, part)))
  if (moved.every((i) => i >= 0)) return (parts) => moved.map((i) => parts[i]!)
  const places = new Map(from.flat().map((coordinate, place) => [coordinate, place]))
  const order = to.flat().map((coordinate) => places.get(coordinate)!)
  return (parts) => {
    const whole = concat(parts, 1)
      .transpose()
      .gather(constant(order, [order.length], 'int32'))
      .transpose()
    return cut(whole, to)
  }
}

/** The parts of what lies in one order along the last axis. */
export function cut(whole: Tensor, order: Order): Tensor[] {
  let start = 0
  return order.map(({ length }) => {
    start += length
    return whole.slice(-1, start - length, start)
  })
}
