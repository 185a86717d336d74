import type { AnyRule, Source } from '../rules/contract.js'

/** What a rule was written from, in words. */
const SOURCES: Readonly<Record<Source, string>> = {
  paper: 'from the paper',
  code: "from the authors' code",
  reconstructed: 'reconstructed',
  ours: 'our own',
}

/** The same for one rule, with what its source leaves open. */
export const describeSource = ({ source, reconstructed }: Pick<AnyRule, 'source' | 'reconstructed'>): string =>
  SOURCES[source] + (reconstructed && source !== 'reconstructed' ? ', in parts reconstructed' : '')

/** What is said beside the figures and pictures of a rule that is not all from its source. */
export const noteOnSource = (rule: Pick<AnyRule, 'id' | 'source' | 'reconstructed'>): string[] =>
  rule.reconstructed ? [`${rule.id} (${describeSource(rule)}): onward rules ${rule.id} lists what was filled in.`] : []

/** The heading over what a rule's source leaves open. */
export const RECONSTRUCTED = 'Reconstructed: the source leaves these open, and they were filled in'
