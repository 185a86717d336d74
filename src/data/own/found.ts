import type { DataSet, Samples } from '../dataset.js'
import type { Provenance } from './provenance.js'

/** All that there is to tell of one's own data. */
export interface FoundData extends Provenance, Pick<Samples, 'input' | 'target' | 'names'> {
  readonly name: string
  /** SHA-256 of the content. */
  readonly fingerprint: string
}

export function foundOf({ name, own, input, target, names, fingerprint }: DataSet): FoundData | undefined {
  return own && { name, ...own, input, target, names, fingerprint: fingerprint! }
}
