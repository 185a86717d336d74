import { checkDataSet, type DataSet, type GivenDataSet, makeDataSet } from '../data/index.js'
import { UsageError } from '../errors.js'
import type { AnyRule } from '../rules/contract.js'
import { checkId, ruleById, ruleNamed } from '../rules/registry.js'
import { loadRule } from './rule-module.js'
import type { OpenRequest } from './session.js'

/** What a page's own worker adds to Onward's rules and data sets. */
export interface Own {
  readonly rules?: readonly AnyRule[]
  /** By name; made or fetched when it is asked for. */
  readonly data?: Readonly<Record<string, () => GivenDataSet | Promise<GivenDataSet>>>
}

/** A rule, and the module that it was loaded from, if it was from one. */
export async function ruleFrom(
  asked: OpenRequest['rule'] | undefined,
  { rules = [] }: Own,
): Promise<{ readonly rule: AnyRule; readonly file?: { readonly path: string; readonly sha256: string } }> {
  if (typeof asked === 'object' && typeof asked?.module === 'string') return await loadRule(asked)
  if (typeof asked !== 'string')
    throw new UsageError('a rule is named, or the text of its module is given: { module: "..." }')
  const own = rules.find(({ id, short = [] }) => [id, ...short].includes(asked))
  if (own) checkId(own)
  return { rule: own ?? ruleNamed(asked) ?? ruleById(asked) }
}

export async function dataFrom(asked: OpenRequest['data'] | undefined, { data = {} }: Own): Promise<DataSet> {
  if (typeof asked !== 'string') return checkDataSet(asked as GivenDataSet)
  const own = Object.hasOwn(data, asked) ? data[asked] : undefined
  return own ? checkDataSet(await own()) : makeDataSet(asked)
}
