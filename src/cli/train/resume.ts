import { UsageError } from '../../errors.js'
import type { ResumeOptions } from '../../node.js'
import { findRule } from '../../rules/load.node.js'
import { readConfig } from '../../train/run-folder.node.js'
import { needsItsRule, typedWith } from '../run.js'
import { flagOf, readTrainingFlags } from './flags.js'
import type { TrainFlags } from './request.js'

/** Flags that may stand beside --resume. Other threads may change last bits; `epochs` is the new total. */
const FREE = ['resume', 'data', 'dataDir', 'json', 'threads', 'epochs', 'changedRule', 'log']

/**
 * How to go on with a run. Throws a UsageError for a flag that would change it: its settings are in its folder. The
 * rule and the data set may be named again if they are the same; a rule in a file of its own must be.
 */
export async function readResumption(run: string, name: string | undefined, flags: TrainFlags): Promise<ResumeOptions> {
  const config = readConfig(run)
  const changing = Object.entries(flags).find(([key, value]) => value !== undefined && !FREE.includes(key))
  const flag = changing && flagOf(changing[0])
  if (flag) throw new UsageError(`--resume goes on with the settings of ${run}: leave ${flag} out.`)
  if (config.ruleFile && name === undefined)
    throw needsItsRule(run, config.ruleFile.path, typedWith(config.ruleFile.path))
  const rule = name === undefined ? undefined : await findRule(name)
  const given = { ...(rule && { rule: rule.id }), data: flags.data }
  // One's own data are named by the path where they are now: whether they are the same, their content tells.
  for (const key of config.own ? (['rule'] as const) : (['rule', 'data'] as const))
    if (given[key] !== undefined && given[key] !== config[key])
      throw new UsageError(`${run} is a run of ${config[key]}, not of ${given[key]}.`)
  const { threads, epochs, log } = flags
  const data = config.own && flags.data
  return { ...readTrainingFlags({ threads, epochs }), rule, changedRule: flags.changedRule, data, log }
}
