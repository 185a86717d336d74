import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { fileError } from './files.node.js'

interface Holder {
  readonly process: number
  readonly machine: string
}

const NAME = 'lock'

/** Locks of this process: a lock with its number that is not among them is left from an earlier process. */
const held = new Set<string>()

/**
 * Takes the lock of a folder, so that no two processes write into one run. A lock whose process is gone is taken over.
 * Returns what gives it back. Throws a UserError if another process holds it.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, NAME)
  const own = join(folder, `.${NAME}.${process.pid}`)
  try {
    writeFileSync(own, JSON.stringify({ process: process.pid, machine: hostname() } satisfies Holder))
    // A link is made with its contents in one move, and refuses a name that is taken: nobody reads half a lock.
    for (let attempt = 0; !linked(own, path); attempt++) {
      const holder = holderOf(path)
      if (attempt > 1 || (holder && isHeld(path, holder))) throw inUse(folder, path, holder)
      moveAside(path, `${own}.old`)
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    throw fileError(`${folder} could not be locked for a run`, error)
  } finally {
    rmSync(own, { force: true })
  }
  held.add(path)
  return () => {
    if (held.delete(path) && isOwn(path)) rmSync(path, { force: true })
  }
}

/** Throws a UserError if this process has lost the lock: the folder was deleted, and may be another run's by now. */
export function checkLock(folder: string): void {
  if (isOwn(join(folder, NAME))) return
  throw new UserError(`${folder} was deleted or taken over while its run went on: nothing more is written there`)
}

function isOwn(path: string): boolean {
  const holder = holderOf(path)
  return holder?.process === process.pid && holder.machine === hostname()
}

function linked(from: string, to: string): boolean {
  for (const make of [linkSync, copyNew]) {
    try {
      make(from, to)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      // Some disks have no links.
      if (make === copyNew) throw error
    }
  }
  return false
}

const copyNew = (from: string, to: string): void => copyFileSync(from, to, constants.COPYFILE_EXCL)

/** Takes a lock away that nobody holds. If somebody else was faster and holds a new one, that is put back. */
function moveAside(path: string, aside: string): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const holder = holderOf(aside)
  if (holder && isHeld(path, holder)) linked(aside, path)
  rmSync(aside, { force: true })
}

/** Who holds the lock; undefined if it is gone, or no lock that was ever written. */
function holderOf(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8'))
    return Number.isSafeInteger(holder?.process) && typeof holder.machine === 'string' ? holder : undefined
  } catch {
    return undefined
  }
}

function isHeld(path: string, holder: Holder): boolean {
  if (holder.machine !== hostname()) return true
  if (holder.process === process.pid) return held.has(path)
  try {
    process.kill(holder.process, 0)
    return true
  } catch (error) {
    // A process of another user is there, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function inUse(folder: string, path: string, holder: Holder | undefined): UserError {
  const by = !holder
    ? 'another process'
    : holder.machine === hostname()
      ? `process ${holder.process}`
      : `process ${holder.process} on ${holder.machine}`
  return new UserError(
    `${folder} is in use by ${by}: wait for it, choose another folder, or delete ${path} if no run is going on there`,
  )
}
