import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { DataSet } from '../data/index.js'
import { keptOf } from '../data/own/provenance.js'
import { UsageError, UserError } from '../errors.js'
import { replaceFile, textOf } from '../files.node.js'
import { fileOf } from '../rules/load.node.js'
import { readConfig } from '../train/run-folder.node.js'
import type { Budget } from './budget.js'
import type { Contender } from './contender.js'

const FILE = 'compare.json'

/** What does not change the numbers of a run, or is each run's own. */
const FREE = ['seed', 'threads', 'device', 'cacheBytes', 'checkpointEvery']

const fixed = (options: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([key]) => !FREE.includes(key)))

const values = z.record(z.string(), z.unknown())
const keptComparison = z.object({
  version: z.literal(1),
  data: z.object({ data: z.string(), fingerprint: z.string().optional() }),
  arms: z.array(z.object({ arm: z.string(), ruleSha256: z.string().optional(), hyper: values, options: values })),
  budget: z.object({ kind: z.enum(['epochs', 'images', 'seconds']), amount: z.number() }).optional(),
  weights: z.enum(['shared', 'own']),
  /** Trials that each arm has to find its options. */
  trials: z.int().optional(),
  /** Of each arm once it is tuned, where the budget is a time. */
  tunedEpochs: z.array(z.int().min(1)).optional(),
})

/** `compare.json`: what is compared, complete but for the seeds, of which there may be more later; before arms are tuned. */
export type KeptComparison = Readonly<z.infer<typeof keptComparison>>

export function described(
  contenders: readonly Contender[],
  data: DataSet,
  budget: Budget | undefined,
  weights: 'shared' | 'own',
  trials: number | undefined,
): KeptComparison {
  const { fingerprint } = keptOf(data)
  return {
    version: 1,
    data: { data: data.name, ...(fingerprint !== undefined && { fingerprint }) },
    arms: contenders.map(({ name, rule, settings: { hyper, options } }) => ({
      arm: name,
      ...(fileOf(rule) && { ruleSha256: fileOf(rule)!.sha256 }),
      hyper,
      options: fixed(options),
    })),
    ...(budget && { budget }),
    weights,
    ...(trials !== undefined && { trials }),
  }
}

/** What a folder holds; undefined for one that is empty. Throws a UserError where it holds something else. */
export function readKept(folder: string): KeptComparison | undefined {
  const path = join(folder, FILE)
  if (!existsSync(path)) {
    if (readdirSync(folder).every((name) => name === 'lock' || name.endsWith('.part'))) return undefined
    throw new UserError(`${folder} is not empty and holds no comparison: choose another folder`)
  }
  try {
    return keptComparison.parse(JSON.parse(textOf(readFileSync(path))))
  } catch (cause) {
    throw new UserError(`${path} is damaged: it does not hold the settings of a comparison`, { cause })
  }
}

export const keep = (folder: string, comparison: KeptComparison): void =>
  replaceFile(join(folder, FILE), new TextEncoder().encode(`${JSON.stringify(comparison, undefined, 2)}\n`))

/** Throws a UsageError that names the first thing in which a comparison is another than the one in its folder. */
export function checkSameComparison(folder: string, kept: KeptComparison, now: KeptComparison): void {
  // What was measured on the way is no term of its own.
  const { tunedEpochs: _, ...terms } = kept
  const there = flat(JSON.parse(JSON.stringify(terms)))
  const here = flat(JSON.parse(JSON.stringify(now)))
  for (const key of new Set([...there.keys(), ...here.keys()]))
    if (there.get(key) !== here.get(key))
      throw new UsageError(
        `${folder} holds another comparison: its ${key} is ${there.get(key) ?? 'unset'}, here it is ` +
          `${here.get(key) ?? 'unset'}: choose another folder, or ask for the same (--seeds may grow).`,
      )
}

/** The options that the runs of an arm have, its seed apart. */
export function optionsOf({ arms, tunedEpochs }: KeptComparison, place: number): Readonly<Record<string, unknown>> {
  const { options } = arms[place]!
  return { ...options, epochs: tunedEpochs?.[place] ?? options.epochs }
}

/**
 * Throws a UserError where the run in a folder of a comparison is not the one that its arm asks for: somebody trained it
 * for longer, say, or put another one there. `hyper`: absent where options were searched for it.
 */
export function checkRun(
  path: string,
  wanted: { readonly data: string; readonly seed: number; readonly hyper?: object; readonly options: object },
): void {
  const { data, hyper, options } = readConfig(path)
  const [there, here] = [
    { data, seed: options.seed, ...(wanted.hyper && { hyper }), options: fixed(options) },
    { ...wanted, options: fixed(wanted.options) },
  ].map((own) => flat(JSON.parse(JSON.stringify(own)))) as [Map<string, string>, Map<string, string>]
  for (const key of new Set([...there.keys(), ...here.keys()]))
    if (there.get(key) !== here.get(key))
      throw new UserError(
        `${path} is not the run that its comparison asks for: its ${key} is ${there.get(key) ?? 'unset'}, and was to be ` +
          `${here.get(key) ?? 'unset'}: delete it (onward runs delete), and compare again`,
      )
}

/** Every number and word by its path. */
function flat(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]])
  return new Map(Object.entries(value).flatMap(([key, own]) => [...flat(own, path === '' ? key : `${path}.${key}`)]))
}

/** An arm by number and name, so that names that differ in signs alone stay apart. */
export const armFolder = (place: number, name: string): string => `${place + 1}-${name.replaceAll(/[^\w.=-]+/g, '-')}`

/** The folder of a run. */
export const runFolder = (folder: string, place: number, name: string, seed: number): string =>
  join(folder, 'runs', armFolder(place, name), `seed-${seed}`)
