import { parseArgs } from 'node:util'
import { UsageError } from '../src/errors.js'

const MODES = ['list', 'report', 'prove'] as const

/** What a queue is asked for. */
export interface Asked {
  readonly words: readonly string[]
  /** Absent: the jobs run. */
  readonly mode?: (typeof MODES)[number]
  readonly renew: boolean
  readonly threads?: number
  /** How many seeds of each job run, from the first on. */
  readonly seeds?: number
  /** The one seed that runs, in training jobs alone. */
  readonly seed?: number
}

/**
 * Reads the command line of bench/run, but for --help (bench/usage.txt), which needs no build. Throws a UsageError for a
 * flag that it does not have, or cannot take so.
 */
export function askedBy(args: readonly string[]): Asked {
  const flag = { type: 'boolean' } as const
  const number = { type: 'string' } as const
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { list: flag, report: flag, prove: flag, renew: flag, threads: number, seeds: number, seed: number },
    }),
  )
  const modes = MODES.filter((mode) => values[mode])
  if (modes.length > 1) throw new UsageError(`--${modes.join(' and --')} are two things to do: choose one`)
  const [mode] = modes
  if (values.renew && mode) throw new UsageError(`--renew runs jobs, and --${mode} does not`)
  if (values.seeds !== undefined && values.seed !== undefined)
    throw new UsageError('--seeds takes the first ones, and --seed one alone: choose one')
  const [threads, seeds] = [countOf('threads', values.threads), countOf('seeds', values.seeds)]
  const seed = countOf('seed', values.seed, 0)
  return {
    words: positionals,
    renew: values.renew ?? false,
    ...(mode && { mode }),
    ...(threads && { threads }),
    ...(seeds && { seeds }),
    ...(seed !== undefined && { seed }),
  }
}

function countOf(name: string, given: string | undefined, least = 1): number | undefined {
  if (given === undefined) return undefined
  if (/^\d+$/.test(given) && Number(given) >= least) return Number(given)
  throw new UsageError(`--${name} takes a whole number from ${least}, not "${given}"`)
}

/** Node's own sentence about a flag, its advice left out: no job begins with a hyphen. */
function parsed<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ')
    throw new UsageError(sentence!.replaceAll('\n', ' '))
  }
}
