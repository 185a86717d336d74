import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from './errors.js'
import { fileError } from './files.node.js'

interface Holder {
  readonly process: number
  readonly machine: string
}

/** Locks of this process: a lock with its number that is not among them is left from an earlier process. */
const held = new Set<string>()

const lockOf = (folder: string): string => join(folder, 'lock')

/**
 * Takes the lock of a folder, so that no two processes write into one run. Returns what gives it back. Throws a
 * UserError if another process holds it.
 */
export function lockFolder(folder: string): () => void {
  const path = lockOf(folder)
  try {
    const taken = takeLock(path)
    if (typeof taken === 'function') return taken
    throw new UserError(
      `${folder} is in use by ${named(taken)}: wait for it, choose another folder, or delete ${path} if no run is going on there`,
    )
  } catch (error) {
    if (error instanceof UserError) throw error
    throw fileError(`${folder} could not be locked for a run`, error)
  }
}

/**
 * Runs `action` while this process alone holds the lock at `path`; waits while another process of this machine holds
 * it, and an abort of `signal` ends the waiting with its reason. Throws a UserError if a process of another machine
 * holds it: nobody can see from here whether that one still lives.
 */
export async function withLock<T>(path: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    signal?.throwIfAborted()
    const taken = takeLock(path)
    if (typeof taken === 'function') {
      try {
        return await action()
      } finally {
        taken()
      }
    }
    if (taken && taken.machine !== hostname())
      throw new UserError(`${path} is held by ${named(taken)}: wait for it, or delete that file if nothing runs there`)
    await wait(100)
  }
}

/**
 * Takes a lock, also one whose process is gone. Returns what gives it back, or else who holds it (undefined: whoever
 * was faster).
 */
function takeLock(path: string): (() => void) | Holder | undefined {
  const own = `${path}.${process.pid}`
  try {
    writeFileSync(own, JSON.stringify({ process: process.pid, machine: hostname() } satisfies Holder))
    // A link is made with its contents in one move, and refuses a name that is taken: nobody reads half a lock.
    for (let attempt = 0; !linked(own, path); attempt++) {
      const holder = holderOf(path)
      if (attempt > 1 || (holder && isHeld(path, holder))) return holder
      moveAside(path, `${own}.old`)
    }
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
  if (isOwn(lockOf(folder))) return
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

const named = (holder: Holder | undefined): string =>
  holder
    ? `process ${holder.process}${holder.machine === hostname() ? '' : ` on ${holder.machine}`}`
    : 'another process'
