import fs from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import {
  clearParts,
  type Files,
  fileError,
  makeFolder,
  openJournal,
  reason,
  replaceFile,
  textOf,
} from '../files.node.js'
import { lockFolder } from '../lock.node.js'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.js'
import { environment, occasion } from './environment.node.js'
import type { TrainEvent } from './events.js'
import { decodeConfig, type RunConfig } from './run-config.js'
import { encodeJson, FEDERATED, journalLine, MACHINE_FILES, RUN_FILES } from './run-files.js'

export type { RunConfig }

/** A folder that a training writes to. */
export interface RunFolder {
  readonly path: string
  /** A run that ended before its first checkpoint was there before. */
  readonly isReplaced: boolean
  /** Adds a line to `metrics.jsonl`: the event and the time of day. */
  record(event: TrainEvent): void
  /** Replaces `config.json`, whole or not at all. */
  saveConfig(config: RunConfig): void
  /** Replaces `checkpoint.safetensors`, whole or not at all, and returns its path. */
  saveCheckpoint(bytes: Uint8Array): Promise<string>
  /** Gives the folder free for other processes. */
  close(): void
  /**
   * After closing a new run: takes it back if it has no checkpoint, which nobody can go on with; its name is free
   * again.
   */
  discard(): void
}

const { config: CONFIG, metrics: METRICS, checkpoint: CHECKPOINT, environment: ENVIRONMENT } = RUN_FILES
const OWN = [CONFIG, METRICS, CHECKPOINT, ENVIRONMENT, ...MACHINE_FILES]

/**
 * Makes a folder for a new run and locks it. Without a path: the first free `runs/RULE-DATA-N`. A run that ended before
 * its first checkpoint is replaced, since nobody can go on with it. Throws a UserError if the folder holds another run,
 * is in use, or cannot be written.
 */
export function createRun(path: string | undefined, config: RunConfig, files: Files = fs): RunFolder {
  const folder = path ?? freeFolder(config)
  makeFolder(folder)
  let isNew = false
  const prepare = (): boolean => {
    const there = OWN.filter((name) => fs.existsSync(join(folder, name)))
    const isTaken = there.length > 0
    if (isTaken && there.every((name) => MACHINE_FILES.includes(name)))
      throw new UserError(`${folder} holds ${there[0]} of a run that is gone: delete it, or choose another folder`)
    if (isTaken && !isUnborn(folder))
      throw new UserError(`${folder} holds a run already: choose another folder, or go on with that one by resuming it`)
    isNew = true
    // What is left of how a pipeline or a federation was started would make one of any other training.
    if (isTaken) remove(folder, [METRICS, ...MACHINE_FILES])
    // The settings come first: a run that is killed here is known by them.
    replaceFile(join(folder, CONFIG), encodeJson(config), { files })
    replaceFile(join(folder, ENVIRONMENT), encodeJson({ ...environment(), ...occasion() }), { files })
    return isTaken
  }
  try {
    return opened(folder, files, prepare)
  } catch (error) {
    if (isNew) discard(folder)
    throw error
  }
}

/** Locks the folder of a run, to go on with it. */
export const reopenRun = (folder: string, files: Files = fs): RunFolder => opened(folder, files, () => false)

/** Whether a folder holds a run that never wrote a checkpoint. One whose checkpoint was moved away tells of it. */
function isUnborn(folder: string): boolean {
  const [metrics, checkpoint] = [join(folder, METRICS), join(folder, CHECKPOINT)]
  if (fs.existsSync(checkpoint) || !isConfig(folder)) return false
  return !fs.existsSync(metrics) || !/^\{"event":"(checkpoint|epoch|done)"/m.test(textOf(read(metrics)))
}

function isConfig(folder: string): boolean {
  try {
    readConfig(folder)
    return true
  } catch {
    return false
  }
}

/** Reads the settings of a run. Throws a UserError if the folder holds none. */
export function readConfig(folder: string): RunConfig {
  const path = join(folder, CONFIG)
  checkFolder(folder)
  if (!fs.existsSync(path)) throw new UserError(`${folder} holds no run: it has no ${CONFIG}`)
  return decodeConfig(textOf(read(path)), path)
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
  const lines = textOf(read(path)).split(/\r?\n/)
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
      isUnborn(folder)
        ? `${folder} has no ${CHECKPOINT}, for its run ended before the first one: train anew; this folder may be used again`
        : `${folder} has no ${CHECKPOINT}: put it back, or train anew in another folder`,
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

/** Locks a folder and opens it; `prepare` says whether what was there before is replaced. */
function opened(path: string, files: Files, prepare: () => boolean): RunFolder {
  const lock = lockFolder(path)
  try {
    // A process that was taken for dead cannot end what it began to write here.
    clearParts(path, OWN)
    const isReplaced = prepare()
    const metrics = openJournal(join(path, METRICS), files)
    return {
      ...{ path, isReplaced },
      record(event) {
        lock.checkOften()
        metrics.add(journalLine(event))
      },
      saveConfig: (config) => replaceFile(join(path, CONFIG), encodeJson(config), { files, check: lock.check }),
      async saveCheckpoint(bytes) {
        lock.check()
        const checkpoint = join(path, CHECKPOINT)
        replaceFile(checkpoint, bytes, { files, check: lock.check })
        return checkpoint
      },
      close() {
        try {
          metrics.close()
        } finally {
          lock.release()
        }
      },
      discard: () => discard(path),
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Takes back a run without a checkpoint, unless its folder is in use. Logs of a federation stay: they may say why it ended. */
function discard(path: string): void {
  if (!fs.existsSync(path) || ['lock', CHECKPOINT].some((name) => fs.existsSync(join(path, name)))) return
  remove(path, [CONFIG, METRICS, ENVIRONMENT, ...MACHINE_FILES])
  for (const folder of [join(path, FEDERATED.folder), path]) {
    const isFolder = fs.lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()
    if (isFolder && fs.readdirSync(folder).length === 0) fs.rmdirSync(folder)
  }
}

/** Deletes those of the files that are there. */
function remove(folder: string, names: readonly string[]): void {
  for (const path of names.map((name) => join(folder, name))) if (fs.existsSync(path)) fs.rmSync(path, { force: true })
}

/** Makes the folder with the first free number, whoever else may be doing the same. */
function freeFolder({ rule, data }: RunConfig): string {
  const name = `${rule}-${data}`.replaceAll(/[^\w.-]+/g, '-')
  makeFolder('runs')
  for (let number = 1; ; number++) {
    const folder = join('runs', `${name}-${number}`)
    try {
      fs.mkdirSync(folder)
      return folder
    } catch (error) {
      if (reason(error) !== 'EEXIST') throw fileError(`the folder ${folder} could not be made`, error)
    }
  }
}
