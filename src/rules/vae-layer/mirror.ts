import { concat, type Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import type { CellDesign, Latents, VaeCell } from './cell.js'

/** Of two networks of one architecture. */
export type Mirrored<T> = { readonly a: T; readonly b: T }

/** Both networks' channels side by side, [N, C, ...] each to [N, 2 C, ...], and back. */
export const beside = ({ a, b }: Mirrored<Tensor>): Tensor => concat([a, b], 1)
export const halves = (x: Tensor): Mirrored<Tensor> => {
  const channels = x.shape[1]! / 2
  return { a: x.slice(1, 0, channels), b: x.slice(1, channels, 2 * channels) }
}

export const mirror = <T>(of: (side: 'a' | 'b') => T): Mirrored<T> => ({ a: of('a'), b: of('b') })

/** The cells of one layer of both networks as one cell, whose channels are those of A and of B side by side. */
export function mirrored({ latentShape: [latents, ...places], init, encode, decode }: CellDesign) {
  return {
    latentShape: [2 * latents!, ...places],
    init: (random: Random, name: string) => mirror((side) => init(random, `${name}.${side}`)),
    encode(p: Mirrored<VaeCell>, x: Tensor): Latents {
      const { a, b } = mirror((side) => encode(p[side].encoder, halves(x)[side]))
      const mean = beside({ a: a.mean, b: b.mean })
      if (!a.logVariance || !b.logVariance) return { mean }
      return { mean, logVariance: beside({ a: a.logVariance, b: b.logVariance }) }
    },
    decode: (p: Mirrored<VaeCell>, z: Tensor): Tensor =>
      beside(mirror((side) => decode(p[side].decoder, halves(z)[side]))),
  }
}

export type MirroredCell = ReturnType<typeof mirrored>
