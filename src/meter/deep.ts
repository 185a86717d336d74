import { UsageError } from '../errors.js'
import { optionTable, type Values } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'

/** The option that makes a network of a rule deeper; undefined where there is none. */
export function depthOption(rule: AnyRule): 'units' | 'depth' | undefined {
  const options = optionTable(rule.hyper)
  const kindOf = (key: string): string | undefined => options.find(({ name }) => name === key)?.kind.type
  if (kindOf('units') === 'list') return 'units'
  return kindOf('depth') === 'integer' ? 'depth' : undefined
}

/** The depth of a network by its options; undefined where no option says it. */
export function depthOf(rule: AnyRule, hyper: Values): number | undefined {
  const key = depthOption(rule)
  if (key === undefined) return undefined
  return key === 'units' ? (hyper.units as readonly number[]).length : (hyper.depth as number)
}

/** The options of the same network with another number of layers: its last width is repeated, or its depth set. */
export function atDepth(rule: AnyRule, hyper: Values, depth: number): Values {
  const key = depthOption(rule)
  if (key === undefined)
    throw new UsageError(`no option of ${rule.id} says how deep its network is: leave --depth out.`)
  if (key === 'depth') return { ...hyper, depth }
  const width = (hyper.units as readonly number[]).at(-1)!
  const poolAfter = (hyper.poolAfter as readonly number[] | undefined)?.filter((layer) => layer < depth)
  return { ...hyper, units: new Array<number>(depth).fill(width), ...(poolAfter && { poolAfter }) }
}
