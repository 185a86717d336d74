import { UsageError } from '../errors.js'
import type { AnyRule } from './contract.js'

/** What a module exports, by name. */
export type Module = Readonly<Record<string, unknown>>

/** What a rule must have, and of which kind. */
const PARTS: Readonly<Record<string, string>> = {
  ...{ id: 'string', title: 'string', summary: 'string', source: 'string' },
  ...{ hyper: 'object', training: 'object', presets: 'object' },
  ...{ locality: 'function', init: 'function', steps: 'function' },
}

/** What keeps a value from being a rule, in words; undefined for a rule. */
function lackOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is no object'
  const own = value as Readonly<Record<string, unknown>>
  const lack = Object.entries(PARTS).find(([name, kind]) => typeof own[name] !== kind)
  if (lack) return `it has no ${lack[0]} (${lack[1] === 'object' ? 'an' : 'a'} ${lack[1]})`
  if (!('_zod' in (own.hyper as object))) return 'its hyper is no schema of zod 4'
  return own.predict || own.objective ? undefined : 'it has neither predict nor an objective'
}

/** The default export, or the only exported rule; `path` names the module. Throws a UsageError where there is none. */
export function ruleIn(module: Module, path: string): AnyRule {
  const exported = Object.entries(module)
  if (exported.length === 0) throw new UsageError(`${path} exports nothing: it must export a rule as its default.`)
  const rules = exported.filter(([, value]) => lackOf(value) === undefined).map(([name]) => name)
  const name = 'default' in module ? 'default' : rules.length === 0 ? exported[0]![0] : rules[0]!
  const lack = lackOf(module[name])
  if (lack) throw new UsageError(`${path} exports no rule: of "${name}", ${lack}.`)
  if (name === 'default' || rules.length === 1) return module[name] as AnyRule
  throw new UsageError(`${path} exports several rules (${rules.join(', ')}): make one of them the default export.`)
}
