import type { Source } from '../rules/contract.js'

/** What a rule was written from, in words. */
export const SOURCES: Readonly<Record<Source, string>> = {
  paper: 'from the paper',
  code: "from the authors' code",
  reconstructed: 'reconstructed',
  ours: 'our own',
}

/** The heading over what a rule's source leaves open. */
export const RECONSTRUCTED = 'Reconstructed: the source leaves these open, and they were filled in'
