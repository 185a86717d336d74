import type { Arm } from '../compare/contender.js'
import { UsageError } from '../errors.js'
import { optionTable } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { findRule } from '../rules/load.node.js'
import { presetOf } from '../train/options.js'
import { readAssignments } from './settings.js'

const FORM = 'RULE[@PRESET][:KEY=VALUE,...]'

/**
 * Reads an arm, `RULE[@PRESET][:KEY=VALUE,...]`, where RULE may be the path of a file. A value may have commas itself:
 * `units=100,50,rate=0.1` are two options. `shared` are assignments for all arms, under the arm's own. Throws a
 * UsageError that names what is unknown, and the nearest that is not.
 */
export async function readArm(text: string, shared: readonly string[] = []): Promise<Arm> {
  const [, named = '', preset, options] =
    /^(.*?\.[cm]?[jt]s(?=[@:]|$)|[^@:]*)(?:@([^:]*))?(?::(.*))?$/s.exec(text.trim()) ?? []
  if (named === '' || preset === '' || options === '')
    throw new UsageError(`An arm is ${FORM}, such as forward-forward@quick:units=100,100, not "${text}".`)
  const rule = await findRule(named)
  presetOf(rule, preset)
  const own = assignmentsIn(options ?? '', text)
  checkShared(rule, shared)
  const hyper = {
    ...readAssignments(rule, shared),
    ...readAssignments(rule, own, (key) => `${key} in the arm ${text}`),
  }
  const isPlain = preset === undefined && own.length === 0
  const base = preset === undefined ? rule.id : `${rule.id}@${preset}`
  return {
    name: isPlain ? rule.id : [base, own.join()].filter(Boolean).join(':'),
    rule,
    ...(preset !== undefined && { preset }),
    hyper,
  }
}

/** Parts at commas; one without a `=` goes on with the value before it. */
function assignmentsIn(options: string, arm: string): string[] {
  const assignments: string[] = []
  for (const part of options === '' ? [] : options.split(',')) {
    if (part.includes('=')) assignments.push(part)
    else if (assignments.length > 0) assignments.push(`${assignments.pop()},${part}`)
    else throw new UsageError(`The options of an arm are KEY=VALUE,..., and "${part}" in ${arm} is none.`)
  }
  return assignments
}

/** What is set for all arms must be an option of each. */
function checkShared(rule: AnyRule, shared: readonly string[]): void {
  const known = new Set(optionTable(rule.hyper).map(({ name }) => name))
  const key = shared.map((assignment) => assignment.split('=')[0]!).find((name) => !known.has(name))
  if (key !== undefined)
    throw new UsageError(
      `--set ${key} is meant for all arms, and ${rule.id} has no option ${key}: give it to single arms, as in RULE:${key}=VALUE.`,
    )
}
