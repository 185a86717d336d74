import { concat, type Tensor } from '../../graph/index.js'

/** Of the two networks, which have one architecture. */
export type Mirrored<T> = { readonly a: T; readonly b: T }

export const mirror = <T>(of: (side: 'a' | 'b') => T): Mirrored<T> => ({ a: of('a'), b: of('b') })

/** Both networks' channels side by side: [N, C, ...] each to [N, 2 C, ...]. */
export const beside = ({ a, b }: Mirrored<Tensor>): Tensor => concat([a, b], 1)
export const twice = (x: Tensor): Tensor => beside({ a: x, b: x })

export function halves(x: Tensor): Mirrored<Tensor> {
  const channels = x.shape[1]! / 2
  return { a: x.slice(1, 0, channels), b: x.slice(1, channels, 2 * channels) }
}
