import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataOptions } from '../data/own/own.node.js'
import { UsageError, UserError } from '../errors.js'
import { makeFolder, textOf } from '../files.node.js'
import { fileOf } from '../rules/load.node.js'
import type { Settings } from '../train/options.js'
import type { Best, FinishedEvent } from '../tune/events.js'
import { spaceOf } from '../tune/space.js'
import { tune } from '../tune/tune.node.js'
import type { Contender } from './contender.js'
import { armFolder } from './folder.node.js'

/** How many trials each arm has to find its options, and where the processes that try them find the data. */
export interface Tuning {
  readonly trials: number
  /** The name of a data set, or the path of one's own. */
  readonly data: string
  readonly load?: DataOptions | undefined
}

/** What is told of a search: a trial that ended, or the options that an arm is compared with, in one sentence. */
export type TuningEvent =
  | { readonly event: 'trial'; readonly arm: string; readonly told: FinishedEvent; readonly trials: number }
  | { readonly event: 'tuned'; readonly arm: string; readonly note: string }

/** No run that is compared has this seed: its held-out samples, weights and order are others. */
export const TRIAL_SEED = 1_000_000

/**
 * Searches the options of an arm that it leaves open, at its own batches and epochs, on held-out samples: the
 * settings that were best, or undefined where the signal came first. The study stays in the folder of the comparison and
 * is gone on with. Throws a UserError where no trial comes to its end.
 */
export async function* tunedSettings(
  { name, rule, preset, hyper, settings }: Contender,
  place: number,
  { trials, data, load }: Tuning,
  out: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TuningEvent, Settings | undefined> {
  if (!isOpen(rule, hyper)) {
    yield {
      event: 'tuned',
      arm: name,
      note: `${name} was not tuned: it leaves no option open that is worth searching.`,
    }
    return settings
  }
  const folder = join(out, 'studies')
  makeFolder(folder)
  const file = fileOf(rule)
  let best: Best | undefined
  const events = tune({
    ...{ rule: file?.path ?? rule.id, preset, settings, hyper, data, load, trials, signal },
    options: { seed: TRIAL_SEED },
    study: join(folder, `${armFolder(place, name)}.jsonl`),
  })
  for await (const told of events) {
    if (told.event === 'finished') yield { event: 'trial', arm: name, told, trials }
    if (told.event === 'stopped' && told.reason === 'aborted') return undefined
    if (told.event === 'done') best = told.best
  }
  if (!best) throw new UserError(`no trial of ${name} came to its end: ${folder} holds what was tried`)
  const { hyper: found } = JSON.parse(textOf(readFileSync(best.config))) as Settings
  const said = Object.entries(best.params).map(([key, value]) => `${key}=${short(value)}`)
  yield { event: 'tuned', arm: name, note: `${name} was tuned: ${said.join(', ')}.` }
  return { hyper: found, options: settings.options }
}

function isOpen(rule: Contender['rule'], hyper: Contender['hyper']): boolean {
  try {
    return spaceOf(rule, { hyper, options: {} }, []).length > 0
  } catch (error) {
    if (error instanceof UsageError) return false
    throw error
  }
}

const short = (value: string | number | boolean): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : `${value}`
