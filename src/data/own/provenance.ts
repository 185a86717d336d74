import type { OwnOptions } from './content.js'

/** Where a data set of one's own was found and how it was read: a run keeps it, to read the same again. */
export interface Provenance {
  /** Absolute. */
  readonly path: string
  readonly options: OwnOptions
  /** What was found there, for people: 'NPZ'. */
  readonly what: string
  /** How the test part was made, for people. */
  readonly split: string
  readonly counts: { readonly train: number; readonly test: number }
  /** Samples of each class or label in both parts, in the order of their names. */
  readonly perName?: readonly number[]
  readonly notes: readonly string[]
  /** What further inputs need to be read in the same way; see `Meant`. */
  readonly encoding?: Readonly<Record<string, unknown>>
}
