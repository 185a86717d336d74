import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from './errors.js'
import { fileError } from './files.node.js'
import { fateOf, type Holder, thisProcess } from './holder.node.js'

/**
 * One process alone writes in a place that it has locked. The lock is a file that says who holds it. Whoever holds it
 * writes a new number into it every few seconds, a beat: where nobody can see from here whether the holder lives, as
 * from another machine or container, a lock without a beat is taken over after a while. Clocks are not asked. Whoever
 * was taken for dead finds the lock in other hands, and writes no more.
 */
export interface Lock {
  /** Throws a UserError if this process has lost the lock: the folder was deleted, or is another run's by now. */
  check(): void
  /** The same, but reads the file at most once in a beat. */
  checkOften(): void
  release(): void
}

export interface Waiting {
  readonly signal?: AbortSignal | undefined
  /** How long a lock may be without a beat, in milliseconds, where it cannot be seen whether its holder lives. */
  readonly patience?: number | undefined
  /** Told, in a sentence, when it has to be waited for such a beat. */
  readonly onWait?: ((message: string) => void) | undefined
}

const BEAT = 5000
const PATIENCE = 6 * BEAT
const LOOKS = 60

const notLocked = (place: string, what: string, error: unknown): UserError =>
  fileError(`${place} could not be locked for a ${what}`, error)

const lockOf = (folder: string): string => join(folder, 'lock')

/** Takes the lock of a folder, so that no two processes write into one run. Throws a UserError if another one holds it. */
export const lockFolder = (folder: string): Lock =>
  lockPlace(lockOf(folder), folder, 'wait for it, choose another folder', 'run')

/** The same of a file, by a lock beside it that has its name and `.lock`. */
export const lockFile = (path: string): Lock =>
  lockPlace(`${path}.lock`, path, 'wait for it, choose another file', 'study')

function lockPlace(path: string, place: string, advice: string, what: string): Lock {
  try {
    const taken = takeLock(path)
    if ('release' in taken)
      return { ...taken, check: () => check(taken.check), checkOften: () => check(taken.checkOften) }
    throw new UserError(
      `${place} is in use by ${named(taken)}: ${advice}, or delete ${path} if no ${what} is going on there`,
    )
  } catch (error) {
    if (error instanceof UserError) throw error
    throw notLocked(place, what, error)
  }
  function check(own: () => boolean): void {
    if (own()) return
    throw new UserError(`${place} was deleted or taken over while its ${what} went on: nothing more is written there`)
  }
}

/** Who holds the lock of a folder, in words; undefined where nobody does, or nobody who lives. */
export function holderOf(folder: string): string | undefined {
  const seen = read(lockOf(folder))
  return seen && !(seen.holder && fateOf(seen.holder) === 'dead') ? named(seen) : undefined
}

/**
 * Whether somebody seems to write in a folder: its lock is that of a process that lives, or, where that cannot be seen
 * from here, was written within the time in which a beat is waited for. A glance, which goes by clocks: no lock is taken
 * on its word.
 */
export function seemsHeld(folder: string): boolean {
  const path = lockOf(folder)
  const seen = read(path)
  if (!seen) return false
  const fate = seen.holder ? fateOf(seen.holder) : 'unknown'
  if (fate !== 'unknown') return fate === 'alive'
  const written = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return written !== undefined && Date.now() - written < PATIENCE
}

/** Waits until it is plain whether the lock of a folder is held; afterwards `lockFolder` takes it, or refuses. */
export async function awaitFolder(folder: string, waiting: Waiting): Promise<void> {
  try {
    await awaitBeat(lockOf(folder), folder, waiting)
  } catch (error) {
    if (waiting.signal?.aborted || error instanceof UserError) throw error
    throw notLocked(folder, 'run', error)
  }
}

/**
 * Runs `action` while this process alone holds the lock at `path`; waits while another one holds it, and an abort ends
 * the waiting with its reason.
 */
export async function withLock<T>(path: string, action: () => Promise<T>, waiting: Waiting = {}): Promise<T> {
  for (;;) {
    waiting.signal?.throwIfAborted()
    const taken = takeLock(path)
    if ('release' in taken) {
      try {
        return await action()
      } finally {
        taken.release()
      }
    }
    await awaitBeat(path, path, waiting)
    await wait(100)
  }
}

/** What stands in a lock that somebody else holds; nothing of it may make sense. */
interface Seen {
  readonly text: string
  readonly holder?: Holder
}

interface Taken {
  check(): boolean
  checkOften(): boolean
  release(): void
}

/** Takes a lock, also one whose process is gone; or gives what stands in that of another. */
function takeLock(path: string): Taken | Seen {
  const key = randomUUID()
  const textAt = (beat: number): string =>
    JSON.stringify({ ...thisProcess(), key, beat: String(beat).padStart(12, '0') })
  const own = `${path}.${key.slice(0, 8)}`
  // The beat goes to the file that was made here, whatever else may have its name by then.
  let file: number | undefined
  try {
    fs.writeFileSync(own, textAt(0))
    file = fs.openSync(own, 'r+')
    // A link is made with its contents in one move, and refuses a name that is taken: nobody reads half a lock.
    for (let attempt = 0; !linked(own, path); attempt++) {
      const seen = read(path)
      if (attempt > 3 || (seen && (!seen.holder || fateOf(seen.holder) !== 'dead'))) {
        fs.closeSync(file)
        return seen ?? { text: '' }
      }
      if (seen) moveAside(path, seen.text)
    }
    // On a disk without links the lock is a copy, and another file.
    if (fs.fstatSync(file).nlink < 2) {
      fs.closeSync(file)
      file = fs.openSync(path, 'r+')
    }
  } finally {
    fs.rmSync(own, { force: true })
  }
  const isOwn = (): boolean => read(path)?.text.includes(key) === true
  let checkedAt = Date.now()
  const text = fs.readFileSync(file, 'utf8')
  if (!text.includes(key)) {
    fs.closeSync(file)
    return { text }
  }
  const held = file
  let beats = 0
  const beating = setInterval(() => {
    try {
      fs.writeSync(held, textAt(++beats), 0)
    } catch {
      // The next beat may succeed; if none does, whoever takes the lock over is found by `check`.
    }
  }, BEAT).unref()
  return {
    check: isOwn,
    checkOften() {
      if (Math.abs(Date.now() - checkedAt) < BEAT) return true
      checkedAt = Date.now()
      return isOwn()
    },
    release() {
      clearInterval(beating)
      fs.closeSync(held)
      if (isOwn()) fs.rmSync(path, { force: true })
    },
  }
}

/**
 * Where it cannot be seen whether the holder of a lock lives: looks at it until it beats, and takes it away if it does
 * not. Looks are counted, not hours: a machine that sleeps takes no lock.
 */
async function awaitBeat(path: string, what: string, { signal, patience = PATIENCE, onWait }: Waiting): Promise<void> {
  const seen = read(path)
  if (!seen || (seen.holder && fateOf(seen.holder) !== 'unknown')) return
  const seconds = Math.ceil(patience / 1000)
  onWait?.(
    `${what} is locked by ${named(seen)}, which may have died: unless it shows a sign of life, its lock is taken over in ${seconds} s.`,
  )
  for (let look = 0; look < LOOKS; look++) {
    await wait(patience / LOOKS)
    signal?.throwIfAborted()
    if (read(path)?.text !== seen.text) return
  }
  moveAside(path, seen.text)
}

function linked(from: string, to: string): boolean {
  for (const make of [fs.linkSync, copyNew]) {
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

const copyNew = (from: string, to: string): void => fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)

/** Takes a lock away that nobody holds, by its text. If somebody else was faster and holds a new one, it is put back. */
function moveAside(path: string, text: string): void {
  const aside = `${path}.${randomUUID().slice(0, 8)}.old`
  try {
    fs.renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (read(aside)?.text !== text) linked(aside, path)
  fs.rmSync(aside, { force: true })
}

/** What stands in a lock; undefined if there is none. */
function read(path: string): Seen | undefined {
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
  try {
    const holder = JSON.parse(text)
    const isHolder = Number.isSafeInteger(holder?.process) && typeof holder.machine === 'string'
    return { text, ...(isHolder && { holder }) }
  } catch {
    return { text }
  }
}

const named = ({ holder }: Seen): string =>
  holder
    ? `process ${holder.process}${holder.machine === hostname() ? '' : ` on ${holder.machine}`}`
    : 'another process'
