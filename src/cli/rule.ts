import type { AnyRule } from '../rules/contract.js'
import { RULES } from '../rules/registry.js'
import { unknownName } from './nearest.js'

/** The rule of that name; an unknown one throws a UserError that offers the nearest. */
export function findRule(id: string): AnyRule {
  const rule = RULES.find((candidate) => candidate.id === id)
  if (rule) return rule
  throw unknownName(
    'rule',
    id,
    RULES.map((candidate) => candidate.id),
  )
}

/** What the rule was written from, in words. */
export const SOURCES: Readonly<Record<AnyRule['source'], string>> = {
  paper: 'from the paper',
  code: "from the authors' code",
  reconstructed: 'reconstructed',
  ours: 'our own',
}
