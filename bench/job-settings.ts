import { readAssignments } from '../src/cli/settings.js'
import type { AnyRule } from '../src/rules/contract.js'
import { ruleById } from '../src/rules/registry.js'
import { asked, presetOf } from '../src/train/options.js'
import type { JobSettings, TrainingJob } from './job.js'
import type { Record } from './records.js'

type Given = Pick<TrainingJob, 'arguments'>

export const dataOf = ({ arguments: given }: Given): string => given[given.indexOf('--data') + 1]!

export const ruleOf = ({ arguments: given }: Given): AnyRule => ruleById(given[0]!)

/** What follows each `flag` in the command. */
const valuesOf = ({ arguments: given }: Given, flag: string): string[] =>
  given.filter((_, i) => i > 0 && given[i - 1] === flag)

export function settingsOf(job: Given): JobSettings {
  const rule = ruleOf(job)
  const [preset] = valuesOf(job, '--preset')
  const { hyper } = asked(rule, { preset, hyper: readAssignments(rule, valuesOf(job, '--set')) })
  return { hyper, train: { ...rule.training, ...presetOf(rule, preset)?.train } }
}

/** Options that went, and what today's rules do always. */
const GONE: JobSettings['hyper'] = { sharedProduct: true }

/**
 * What has changed since the record was made, in words; undefined where nothing has, or the record is from before
 * records held settings. An option that the record does not know has the default that keeps what was.
 */
export function changedSince(record: Pick<Record, 'settings'>, now: JobSettings): string | undefined {
  for (const part of ['hyper', 'train'] as const)
    for (const [option, then] of Object.entries(record.settings?.[part] ?? {}))
      if (JSON.stringify(then) !== JSON.stringify({ ...GONE, ...now[part] }[option]))
        return `${option} was ${JSON.stringify(then)} and is ${JSON.stringify(now[part][option])} now`
  return undefined
}
