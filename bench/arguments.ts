import { parseArgs } from 'node:util'
import { UsageError } from '../src/errors.js'

export const USAGE = `Usage: bench/run [WORD...] [options]

Runs the jobs whose id is one of the words or, where no id is, holds it: all jobs without words. What bench/results
records is skipped; a job that was stopped with Ctrl-C goes on where it stood. Then the tables of README.md and
docs/results.md are written from the records.

  --list       name the jobs, and whether each is done, stale or open; run nothing
  --report     write the tables alone; run nothing
  --prove      ask whether the twins in Python are twins; time nothing
  --renew      make records anew that --list calls stale; bench/run --renew $(cat bench/renew.txt) makes those of the
               speeds that count, on a quiet machine
  --threads=N  threads of each training run (default: all cores); two queues of one thread share two cores. It may
               change the last bits of some rules' numbers, and so their figures by chance
  --seeds=N    the first N seeds of each job; the others another time
  -h, --help   this text
`

const MODES = ['list', 'report', 'prove'] as const

/** What a queue is asked for. */
export interface Asked {
  readonly words: readonly string[]
  /** Absent: the jobs run. */
  readonly mode?: (typeof MODES)[number] | 'help'
  readonly renew: boolean
  readonly threads?: number
  readonly seeds?: number
}

/** Reads the command line of bench/run. Throws a UsageError for a flag that it does not have, or cannot take so. */
export function askedBy(args: readonly string[]): Asked {
  const flag = { type: 'boolean' } as const
  const number = { type: 'string' } as const
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ list: flag, report: flag, prove: flag, renew: flag, threads: number, seeds: number },
        help: { ...flag, short: 'h' },
      },
    }),
  )
  const modes = MODES.filter((mode) => values[mode])
  if (modes.length > 1) throw new UsageError(`--${modes.join(' and --')} are two things to do: choose one`)
  const [mode] = values.help ? (['help'] as const) : modes
  if (values.renew && mode && mode !== 'help') throw new UsageError(`--renew runs jobs, and --${mode} does not`)
  const [threads, seeds] = [countOf('threads', values.threads), countOf('seeds', values.seeds)]
  return {
    words: positionals,
    renew: values.renew ?? false,
    ...(mode && { mode }),
    ...(threads && { threads }),
    ...(seeds && { seeds }),
  }
}

function countOf(name: string, given: string | undefined): number | undefined {
  if (given === undefined || (/^\d+$/.test(given) && Number(given) > 0)) return given ? Number(given) : undefined
  throw new UsageError(`--${name} takes a whole number from 1, not "${given}"`)
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
