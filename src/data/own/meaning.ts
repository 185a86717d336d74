import type { Samples, Split } from '../dataset.js'
import type { Content, Found, OwnOptions, ReadProgress } from './content.js'

/** What was found at a path, as samples; no test part has been split off yet. */
export interface Meant extends Pick<Samples, 'input' | 'target' | 'names'> {
  readonly train: Split
  /** Where the files keep a test part apart. */
  readonly test?: Split
  /** What was decided that people may not expect, a sentence each: 'labels go from 1 to 26: 1 is class 0'. */
  readonly notes?: readonly string[]
  /**
   * What further inputs need to be read in the same way, such as the columns of a table and the categories of each:
   * plain JSON. It is kept with the run and handed to `predict`.
   */
  readonly encoding?: Readonly<Record<string, unknown>>
}

/** Decides what content means. Throws a UsageError that names the flag to give where a guess would be unsafe. */
export type Meaning<C extends Content> = (
  found: Found<C>,
  options: OwnOptions,
  progress?: ReadProgress,
) => Meant | Promise<Meant>
