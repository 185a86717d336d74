/** What of the options the parts go by. */
interface Parted {
  readonly units: readonly number[]
  readonly topTarget: 'gradient' | 'output' | 'label-autoencoder'
}

/** Layers that have an inverse, by the layer to which it leads: all that lie below another one with a target. */
export const inverseCount = (h: Parted): number => h.units.length - (h.topTarget === 'output' ? 0 : 1)

export const hasFeedback = (h: Parted): boolean => inverseCount(h) > 0 || h.topTarget === 'label-autoencoder'

export const AUTOENCODER = 'label auto-encoder'
export const layerName = (i: number, h: Parted): string => (i === h.units.length ? 'output' : `layer ${i}`)
export const inverseName = (i: number, h: Parted): string => `inverse of ${layerName(i + 1, h)}`
