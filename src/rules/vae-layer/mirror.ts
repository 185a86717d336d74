import { concat, type Tensor } from '../../graph/index.js'

/** Of the two networks, which have one architecture. */
export type Mirrored<T> = { readonly a: T; readonly b: T }

export type Side = 'a' | 'b'

export const mirror = <T>(of: (side: Side) => T): Mirrored<T> => ({ a: of('a'), b: of('b') })

export const sum = (of: (side: Side) => Tensor): Tensor => of('a').add(of('b'))

/** Both networks' channels side by side: [N, C, ...] each to [N, 2 C, ...]. */
export const beside = (of: (side: Side) => Tensor): Tensor => concat([of('a'), of('b')], 1)

/** The two halves of the channels, or of another axis. */
export function halves(x: Tensor, axis = 1): Mirrored<Tensor> {
  const size = x.shape[axis]! / 2
  return { a: x.slice(axis, 0, size), b: x.slice(axis, size, 2 * size) }
}
