import fs from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../errors.js'
import { makeFolder } from '../folders.node.js'
import type { RuleFile } from '../rules/load.node.js'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.js'
import { environment, occasion } from './environment.node.js'
import type { TrainEvent } from './events.js'
import { type Files, fileError, openJournal, replaceFile } from './files.node.js'
import { checkLock, lockFolder } from './lock.node.js'
import { resolvedOptions, type Settings } from './options.js'

/** `config.json`: what was asked for, complete. */
export type RunConfig = Settings & {
  readonly rule: string
  readonly data: string
  /** For a layer that was trained alone: the run that trained the layers below it. */
  readonly below?: string | undefined
  /** The run whose weights it began with. */
  readonly from?: string | undefined
  /** The preset that its settings came from, for people. */
  readonly preset?: string | undefined
  /** The most threads of an operation, where the options fix no number: those that the machine had when the run began. */
  readonly mostThreads?: number | undefined
  /** The file that its rule was loaded from. It is never run but where somebody names it. */
  readonly ruleFile?: RuleFile | undefined
}

/** A folder that a training writes to. */
export interface RunFolder {
  readonly path: string
  /** Adds a line to `metrics.jsonl`: the event and the time of day. */
  record(event: TrainEvent): void
  /** Replaces `config.json`, whole or not at all. */
  saveConfig(config: RunConfig): void
  /** Replaces `checkpoint.safetensors`, whole or not at all, and returns its path. */
  saveCheckpoint(bytes: Uint8Array): Promise<string>
  /** Gives the folder free for other processes. */
  close(): void
  /** After closing a new run: takes it back if it has no checkpoint, which nobody can go on with; its name is free again. */
  discard(): void
}

const CONFIG = 'config.json'
const METRICS = 'metrics.jsonl'
const CHECKPOINT = 'checkpoint.safetensors'
const ENVIRONMENT = 'environment.json'

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

/**
 * Makes a folder for a new run and locks it. Without a path: the first free `runs/RULE-DATA-N`. Throws a UserError if
 * the folder holds a run already, is in use, or cannot be written.
 */
export function createRun(path: string | undefined, config: RunConfig, files: Files = fs): RunFolder {
  const folder = path ?? freeFolder(config)
  try {
    makeFolder(folder)
  } catch (error) {
    throw fileError(`the folder ${folder} could not be made`, error)
  }
  const unlock = lockFolder(folder)
  try {
    if ([CONFIG, METRICS, CHECKPOINT, ENVIRONMENT].some((name) => fs.existsSync(join(folder, name))))
      throw new UserError(`${folder} holds a run already: choose another folder, or go on with that one by resuming it`)
  } catch (error) {
    unlock()
    throw error
  }
  try {
    replaceFile(join(folder, ENVIRONMENT), json({ ...environment(), ...occasion() }), files)
    replaceFile(join(folder, CONFIG), json(config), files)
    return openFolder(folder, unlock, files)
  } catch (error) {
    unlock()
    discard(folder)
    throw error
  }
}

/** Locks the folder of a run, to go on with it. */
export function reopenRun(folder: string, files: Files = fs): RunFolder {
  const unlock = lockFolder(folder)
  try {
    return openFolder(folder, unlock, files)
  } catch (error) {
    unlock()
    throw error
  }
}

const configSchema = z.object({
  rule: z.string(),
  data: z.string(),
  hyper: z.record(z.string(), z.unknown()),
  options: resolvedOptions,
  below: z.string().optional(),
  from: z.string().optional(),
  preset: z.string().optional(),
  mostThreads: z.int().min(1).optional(),
  ruleFile: z.object({ path: z.string(), sha256: z.string() }).optional(),
})

/** Reads the settings of a run. Throws a UserError if the folder holds none. */
export function readConfig(folder: string): RunConfig {
  const path = join(folder, CONFIG)
  checkFolder(folder)
  if (!fs.existsSync(path)) throw new UserError(`${folder} holds no run: it has no ${CONFIG}`)
  try {
    return configSchema.parse(JSON.parse(read(path).toString()))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${path} is damaged: it does not hold the settings of a run`, { cause: error })
  }
}

/** How the training ended: whether it came to its end, and if its numbers blew up, the message that said so. */
export interface Ending {
  readonly finished: boolean
  readonly diverged?: string
}

/** How the last training in a folder ended; undefined where the folder does not tell. */
export function endingOf(folder: string): Ending | undefined {
  const path = join(folder, METRICS)
  if (!fs.existsSync(path)) return undefined
  const lines = read(path).toString().split('\n')
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('{"event":"start"')))
  const blown = last.find((line) => /^\{"event":"stopped".*"reason":"not-finite".*\}$/.test(line))
  return {
    finished: last.some((line) => line.startsWith('{"event":"done"')),
    ...(blown !== undefined && { diverged: JSON.parse(blown).message }),
  }
}

/** Reads the last checkpoint of a run. Throws a UserError if there is none, or if it is damaged. */
export function readCheckpoint(folder: string): { checkpoint: Checkpoint; path: string } {
  const path = join(folder, CHECKPOINT)
  checkFolder(folder)
  if (!fs.existsSync(path))
    throw new UserError(
      `${folder} has no ${CHECKPOINT}: its run ended before the first one, or the file was moved; ` +
        'put it back, or train anew in another folder',
    )
  return { checkpoint: decodeCheckpoint(read(path), path), path }
}

function checkFolder(folder: string): void {
  if (!fs.existsSync(folder)) throw new UserError(`There is no folder ${folder}: name the folder of a run`)
  if (!fs.statSync(folder).isDirectory()) throw new UserError(`${folder} is a file: name the folder of a run`)
}

function read(path: string): Buffer {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    throw fileError(`${path} could not be read`, error)
  }
}

function openFolder(path: string, unlock: () => void, files: Files): RunFolder {
  const metrics = openJournal(join(path, METRICS), files)
  return {
    path,
    record: (event) => metrics.add(JSON.stringify({ ...event, time: new Date().toISOString() })),
    saveConfig: (config) => replaceFile(join(path, CONFIG), json(config), files),
    async saveCheckpoint(bytes) {
      checkLock(path)
      const checkpoint = join(path, CHECKPOINT)
      replaceFile(checkpoint, bytes, files)
      return checkpoint
    },
    close() {
      metrics.close()
      unlock()
    },
    discard: () => discard(path),
  }
}

function discard(path: string): void {
  if (!fs.existsSync(path) || ['lock', CHECKPOINT].some((name) => fs.existsSync(join(path, name)))) return
  for (const name of [CONFIG, METRICS, ENVIRONMENT]) fs.rmSync(join(path, name), { force: true })
  if (fs.readdirSync(path).length === 0) fs.rmdirSync(path)
}

/** Makes the folder with the first free number, whoever else may be doing the same. */
function freeFolder({ rule, data }: RunConfig): string {
  const name = `${rule}-${data}`.replaceAll(/[^\w.-]+/g, '-')
  try {
    makeFolder('runs')
    for (let number = 1; ; number++) {
      const folder = join('runs', `${name}-${number}`)
      if (!fs.existsSync(folder) && made(folder)) return folder
    }
  } catch (error) {
    throw fileError('a folder for the run could not be made in runs', error)
  }
}

function made(folder: string): boolean {
  try {
    fs.mkdirSync(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
