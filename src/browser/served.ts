import { checkDataSet, type DataSet, type GivenDataSet, makeDataSet } from '../data/index.js'
import { UsageError } from '../errors.js'
import type { AnyRule } from '../rules/contract.js'
import { checkId, ruleById, ruleNamed } from '../rules/registry.js'
import type { NetworkLatents } from '../train/latents.js'
import type { Position } from '../train/plan.js'
import type { Trainer } from '../train/trainer.js'
import { loadRule } from './rule-module.js'
import type { OpenRequest, WatchedBatch } from './session.js'

type Given = GivenDataSet | Promise<GivenDataSet>

/** What a session has to do with, for methods that a page's own worker adds. */
export interface Inside {
  readonly rule: AnyRule
  readonly data: DataSet
  readonly trainer: Trainer
  /** Where the training stands. */
  at(): Position
  watch(samples?: number): Promise<WatchedBatch>
  /** Of the network as it is. Throws a UserError where the rule has none. */
  latents(): Promise<NetworkLatents>
}

// biome-ignore lint/suspicious/noExplicitAny: each has arguments of its own
export type Added = Readonly<Record<string, (...args: any[]) => unknown>>

/** What a page's own worker adds to Onward's. */
export interface Own {
  readonly rules?: readonly AnyRule[]
  /** By name, made or fetched when it is asked for; or a function that gives what it has of a name. */
  readonly data?: Readonly<Record<string, () => Given>> | ((name: string) => Given | undefined)
  /** Methods of sessions, for `Session.ask`: each is called between two calls of the training. */
  readonly methods?: (inside: Inside) => Added
  /** What the page asks without a session. */
  readonly answers?: Added
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
  const own = typeof data === 'function' ? data(asked) : Object.hasOwn(data, asked) ? data[asked]!() : undefined
  return own ? checkDataSet(await own) : makeDataSet(asked)
}
