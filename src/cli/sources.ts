import type { Source } from '../rules/contract.js'

/** What a rule was written from, in words. */
export const SOURCES: Readonly<Record<Source, string>> = {
  paper: 'from the paper',
  code: "from the authors' code",
  reconstructed: 'reconstructed',
  ours: 'our own',
}
