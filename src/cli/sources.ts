import type { AnyRule, Source } from '../rules/contract.js'
import { named } from './to-type.js'

/** What a rule was written from, in words. */
const SOURCES: Readonly<Record<Source, string>> = {
  paper: 'from the paper',
  code: "from the authors' code",
  reconstructed: 'reconstructed',
  ours: 'our own',
}

type Sourced = Pick<AnyRule, 'source' | 'reconstructed'>

/** How much of a rule was filled in beyond its source; empty where nothing was. */
export const extentOf = ({ source, reconstructed }: Sourced): string =>
  source === 'reconstructed' ? 'reconstructed' : reconstructed ? 'in parts reconstructed' : ''

/** What one rule was written from, with what its source leaves open. */
export const describeSource = (rule: Sourced): string =>
  [...new Set([SOURCES[rule.source], extentOf(rule)])].filter(Boolean).join(', ')

/** What is said beside the figures and pictures of a rule that is not all from its source. */
export const noteOnSource = (rule: Sourced & Pick<AnyRule, 'id'>): string[] =>
  rule.reconstructed
    ? [`${rule.id} (${describeSource(rule)}): ${named('rules', rule.id)} lists what was filled in.`]
    : []

/** The heading over what a rule's source leaves open. */
export const RECONSTRUCTED = 'Reconstructed: the source leaves these open, and they were filled in'
