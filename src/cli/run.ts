import type { LoadOptions } from '../data/load.node.js'
import { isFederated } from '../distributed/federated/store.node.js'
import { isPipeline } from '../distributed/pipeline/kept.node.js'
import { UsageError } from '../errors.js'
import { readConfig } from '../train/run-folder.node.js'
import { toType } from './to-type.js'

/** Flags of the commands that use a run. */
export interface RunFlags {
  readonly rule?: string
  readonly changedRule?: true
  readonly data?: string
  readonly dataDir?: string
  readonly json?: true
}

/**
 * The rule of a run, as the library takes it. The code of a rule in a file of its own runs only where the command names
 * it: otherwise a UsageError gives the whole command that does.
 */
export function namedRule(run: string, { rule, changedRule }: RunFlags): { rule?: string; changedRule?: true } {
  const { ruleFile } = readConfig(run)
  if (ruleFile && rule === undefined)
    throw needsItsRule(run, ruleFile.path, [...process.argv.slice(2), '--rule', ruleFile.path])
  return { ...(rule !== undefined && { rule }), ...(changedRule && { changedRule }) }
}

/** What is said of a run whose rule is in a file that the command does not name. */
export const needsItsRule = (run: string, file: string, command: readonly string[]): UsageError =>
  new UsageError(
    `${run} was trained by the rule in ${file}, and its code runs only where a command names it: ${toType(...command)}`,
  )

/**
 * The command as it was typed, with the file of a rule in the place of its rule: `onward up pipeline FILE` and the flags.
 */
export function typedWith(file: string): string[] {
  const words = process.argv.slice(2)
  const flags = words.findIndex((word) => word.startsWith('-'))
  return words.toSpliced(flags < 0 ? words.length : flags, 0, file)
}

export const loadOf = ({ dataDir }: Pick<RunFlags, 'dataDir'>): LoadOptions =>
  dataDir === undefined ? {} : { dataDir }

/** The command that goes on with a run. */
export function toGoOn(run: string): string {
  const { ruleFile } = readConfig(run)
  const over = isFederated(run) ? 'federated' : isPipeline(run) ? 'pipeline' : undefined
  const how = over === undefined ? ['train'] : ['up', over]
  return toType(...how, ...(ruleFile ? [ruleFile.path] : []), '--resume', run)
}
