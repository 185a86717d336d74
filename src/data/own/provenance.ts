import { z } from 'zod'
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

/** How data of one's own were read, without where they are and what they hold. */
export type ReadAs = Pick<Provenance, 'options' | 'encoding'>

const count = z.int().min(0)

/** What a run keeps of one's own data, as it is read again from its settings. */
export const keptProvenance = z.object({
  path: z.string(),
  options: z.object({
    target: z.array(z.string()).readonly().exactOptional(),
    ignore: z.array(z.string()).readonly().exactOptional(),
    task: z.enum(['class', 'labels', 'values', 'none']).exactOptional(),
    classes: z.array(z.string()).readonly().exactOptional(),
    size: z
      .tuple([z.int().min(1), z.int().min(1)])
      .readonly()
      .exactOptional(),
    colour: z.enum(['grey', 'colour']).exactOptional(),
    test: z.number().exactOptional(),
  }),
  what: z.string(),
  split: z.string(),
  counts: z.object({ train: count, test: count }),
  perName: z.array(count).readonly().exactOptional(),
  notes: z.array(z.string()).readonly(),
  encoding: z.record(z.string(), z.unknown()).exactOptional(),
}) satisfies z.ZodType<Provenance>

/** What the settings of a run tell of its data. */
export interface KeptData {
  readonly data: string
  readonly own?: Provenance | undefined
  readonly fingerprint?: string | undefined
}

interface KeptFrom {
  readonly name: string
  readonly own?: Provenance
  readonly fingerprint?: string
}

/** What settings keep of a data set. */
export const keptOf = ({ name, own, fingerprint }: KeptFrom) => ({
  data: name,
  ...(own && { own }),
  ...(fingerprint !== undefined && { fingerprint }),
})
