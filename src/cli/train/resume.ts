import { UserError } from '../../errors.js'
import { findRule } from '../../rules/registry.js'
import { readConfig } from '../../train/run-folder.node.js'
import { flagOf } from './flags.js'
import type { TrainFlags } from './request.js'

/** Flags that may stand beside --resume. Other threads may change last bits; the others change nothing. */
const FREE = ['resume', 'data', 'dataDir', 'json', 'threads']

/**
 * The folder to go on with. Throws a UserError (wrong usage) for a flag that would change the run: its settings are in
 * its folder. The rule and the data set may be named again if they are the same.
 */
export function checkResume(ruleId: string | undefined, flags: TrainFlags): string {
  const folder = flags.resume!
  const config = readConfig(folder)
  const given = { ...(ruleId !== undefined && { rule: findRule(ruleId).id }), data: flags.data }
  for (const key of ['rule', 'data'] as const)
    if (given[key] !== undefined && given[key] !== config[key])
      throw new UserError(`${folder} is a run of ${config[key]}, not of ${given[key]}.`, { exitCode: 2 })
  const changing = Object.entries(flags).find(([key, value]) => value !== undefined && !FREE.includes(key))
  const flag = changing && flagOf(changing[0])
  if (flag) throw new UserError(`--resume goes on with the settings of ${folder}: leave ${flag} out.`, { exitCode: 2 })
  return folder
}
