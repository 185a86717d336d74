import { RULES } from '../src/rules/registry.js'
import type { TrainingJob } from './jobs.js'
import type { Record } from './records.js'

/** What a job's rule and preset stand for today; what its command sets beside them is in the command. */
export interface JobSettings {
  readonly hyper: Readonly<{ [option: string]: unknown }>
  readonly train: Readonly<{ [option: string]: unknown }>
}

export function settingsOf({ arguments: given }: Pick<TrainingJob, 'arguments'>): JobSettings {
  const rule = RULES.find(({ id }) => id === given[0])!
  const name = given.indexOf('--preset')
  const preset = name < 0 ? undefined : rule.presets[given[name + 1]!]
  return { hyper: rule.hyper.parse(preset?.hyper ?? {}), train: { ...rule.training, ...preset?.train } }
}

/**
 * What has changed since the record was made, in words; undefined where nothing has, or the record is from before
 * records held settings. An option that the record does not know has the default that keeps what was.
 */
export function changedSince(record: Record, now: JobSettings): string | undefined {
  for (const part of ['hyper', 'train'] as const)
    for (const [option, then] of Object.entries(record.settings?.[part] ?? {}))
      if (JSON.stringify(then) !== JSON.stringify(now[part][option]))
        return `${option} was ${JSON.stringify(then)} and is ${JSON.stringify(now[part][option])} now`
  return undefined
}
