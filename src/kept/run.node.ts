import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { textOf } from '../files.node.js'
import { seemsHeld } from '../lock.node.js'
import type { Environment, Occasion } from '../train/environment.node.js'
import type { Criterion, DoneEvent, EpochEvent, Scores, StartEvent, StoppedEvent } from '../train/events.js'
import { historyOf, type Recorded } from '../train/history.node.js'
import { type RunConfig, readConfig } from '../train/run-folder.node.js'
import { epochsInWords } from './epochs.js'
import { quoted } from './quoted.js'
import type { RunState } from './states.js'

/** What the folder of a run tells of it. */
export interface KeptRun {
  readonly path: string
  readonly config: RunConfig
  readonly state: RunState
  /** How many it was trained for, in words. */
  readonly epochs: string
  /** When it was begun, as ISO 8601. */
  readonly date?: string
  /** What it is judged by; absent where it ended before it began to train. */
  readonly criterion?: Criterion
  readonly start?: StartEvent
  readonly validation?: Scores
  readonly test?: Scores
  /** Of the last training in the folder. */
  readonly seconds?: number
  /** Why it failed. */
  readonly message?: string
  /** What older runs do not tell is missing. */
  readonly environment: Partial<Environment & Occasion>
}

/** Reads a run without its weights. Throws a UserError if the folder holds none. */
export function readKeptRun(path: string): KeptRun {
  const config = readConfig(path)
  const events = historyOf(path, ['start', 'epoch', 'round', 'stopped', 'done'])
  const last = events.at(-1)
  const start = events.findLast((event): event is StartEvent & Recorded => event.event === 'start')
  const done = last?.event === 'done' ? (last as DoneEvent & Recorded) : undefined
  const epoch = events.findLast((event): event is EpochEvent & Recorded => event.event === 'epoch')
  const blown = last?.event === 'stopped' && (last as StoppedEvent).reason === 'not-finite'
  const environment = environmentOf(path)
  const date = environment.date ?? events[0]?.time
  const validation = done?.validation ?? epoch?.validation
  return {
    ...{ path, config, environment },
    state: seemsHeld(path) ? 'running' : done ? 'done' : blown ? 'failed' : 'stopped',
    epochs: epochsInWords(events, config.options.epochs),
    ...(date !== undefined && { date }),
    ...(start && { start, criterion: start.criterion }),
    ...(validation && { validation }),
    ...(done && { test: done.test, seconds: done.seconds }),
    ...(blown && { message: (last as StoppedEvent).message }),
  }
}

/** `environment.json`; nothing where it is missing or damaged, for nobody needs it to use a run. */
function environmentOf(folder: string): Partial<Environment & Occasion> {
  const path = join(folder, 'environment.json')
  try {
    return existsSync(path) ? JSON.parse(textOf(readFileSync(path))) : {}
  } catch {
    return {}
  }
}

/** The command that began a run, as a shell reads it: Onward is called by its name, a program of one's own by Node. */
export function commandOf({ environment: { command } }: Pick<KeptRun, 'environment'>): string | undefined {
  if (!Array.isArray(command) || command.length === 0) return undefined
  const [program, ...given] = command.map(String)
  return [...(OWN.includes(program!) ? ['onward'] : ['node', program!]), ...given].map(quoted).join(' ')
}

/** How Onward's own program is called. */
const OWN = ['onward', 'main.js']
