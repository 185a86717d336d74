import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../errors.js'
import { unknownName } from '../../names.js'
import { fileOf } from '../../rules/load.node.js'
import { readStudy } from '../../tune/journal.node.js'
import { PRUNERS } from '../../tune/pruners.js'
import { requestOf } from '../../tune/record.js'
import { SAMPLERS } from '../../tune/samplers.js'
import type { TuneRequest } from '../../tune/tune.node.js'
import { toType } from '../to-type.js'
import { flagOf } from '../train/flags.js'
import { readRequest, type TrainFlags } from '../train/request.js'

/** The flags of `onward tune`, as they were given. */
export interface TuneFlags extends TrainFlags {
  readonly trials: number
  readonly workers: number
  readonly sampler?: string
  readonly pruner?: string
  readonly timeout?: number
  readonly study?: string
  readonly objective?: readonly string[]
  readonly features?: string
  readonly space?: readonly string[]
  readonly enqueue?: readonly string[]
}

/** Flags that may stand beside a study that goes on by its file alone. */
const FREE = ['study', 'trials', 'workers', 'timeout', 'enqueue', 'json']

/** Throws a UsageError that names the first flag or value that is wrong. */
export async function readTuneRequest(rule: string | undefined, flags: TuneFlags): Promise<TuneRequest> {
  const { trials, workers, timeout, study } = flags
  const enqueued = (flags.enqueue ?? []).map(readValues)
  if (rule === undefined && flags.config === undefined && study !== undefined) {
    const changing = Object.entries(flags).find(([key, value]) => value !== undefined && !FREE.includes(key))
    if (changing) throw new UsageError(`--study goes on with what ${study} holds: leave ${flagOf(changing[0])} out.`)
    return { ...keptRequest(study), study, trials, workers, timeout, enqueued }
  }
  const sampler = oneOf('sampler', flags.sampler, SAMPLERS)
  const pruner = oneOf('pruner', flags.pruner, PRUNERS)
  const request = await readRequest(rule, flags)
  const { preset, settings, hyper, options, data, dataDir, own } = request
  for (const key of ['out', 'below', 'from'] as const)
    if (request[key] !== undefined)
      throw new UsageError(`a search writes no runs: leave "${key}" out of ${flags.config}.`)
  return {
    ...{ rule: fileOf(request.rule)?.path ?? request.rule.id, data, preset, settings, hyper, options, trials, workers },
    ...{ timeout, enqueued, sampler, pruner, objectives: flags.objective, ranges: flags.space },
    ...(flags.features !== undefined && { features: flags.features }),
    load: { ...own, ...(dataDir !== undefined && { dataDir }) },
    study: study ?? freeStudy(`${request.rule.id}-${data}`),
  }
}

function oneOf<T extends string>(what: string, name: string | undefined, all: readonly T[]): T | undefined {
  const found = all.find((one) => one === name)
  if (name !== undefined && found === undefined) throw unknownName(what, name, all)
  return found
}

function keptRequest(study: string): Omit<TuneRequest, 'study' | 'trials'> {
  const kept = existsSync(study) ? readStudy(study) : undefined
  const request = kept && requestOf(kept)
  if (request) return request as TuneRequest
  const example = toType('tune', 'RULE', '--data', 'NAME', '--study', study)
  throw new UsageError(`${study} holds no study of Onward yet: say what to search, as in ${example}.`)
}

/** The first free name of a journal. */
function freeStudy(name: string): string {
  const base = name.replaceAll(/[^\w.-]+/g, '-')
  for (let number = 1; ; number++) {
    const path = join('studies', `${base}-${number}.jsonl`)
    if (!existsSync(path)) return path
  }
}

/** `rate=0.01,units=500,500` by its keys: a comma before a key ends a value. */
export function readValues(text: string): Readonly<Record<string, string>> {
  const parts = text.split(/,(?=[\w.]+=)/)
  return Object.fromEntries(
    parts.map((part) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(part) ?? []
      if (key !== undefined && value !== undefined) return [key.trim(), value.trim()]
      throw new UsageError(`--enqueue takes KEY=VALUE,... such as rate=0.01,units=500,500, not "${text}".`)
    }),
  )
}
