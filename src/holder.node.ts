import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who holds a lock: a process, and what tells it from another one of the same number. */
export interface Holder {
  readonly process: number
  readonly machine: string
  /**
   * Where process numbers mean the same: this boot of this system, and in it the container. Host names repeat, and every
   * container has a process 1. Absent where the system does not tell.
   */
  readonly place?: string
  /** When the process began, as the system counts: a number that lives again began later. */
  readonly started?: string
}

/** This process. */
export const thisProcess = (): Holder => holderOf(process.pid)

/** A process of this machine, by its number. */
export function holderOf(pid: number): Holder {
  const [place, started] = [placeOf(), startOf(pid)]
  return { process: pid, machine: hostname(), ...(place && { place }), ...(started && { started }) }
}

/** Whether the process lives; unknown where it cannot be seen from here, or where another may have its number by now. */
export function fateOf(holder: Holder): 'alive' | 'dead' | 'unknown' {
  if (holder.place === undefined || holder.place !== placeOf()) return 'unknown'
  if (!isThere(holder.process)) return 'dead'
  const started = startOf(holder.process)
  if (holder.started === undefined || started === undefined) return 'unknown'
  return started === holder.started ? 'alive' : 'dead'
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user is there, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function placeOf(): string | undefined {
  if (process.platform !== 'linux') return hostname()
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

/** The start of a process in ticks since the boot (the 22nd field of its stat); "ended" for one that only waits to be told. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may hold anything.
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? 'ended' : fields[18]
  } catch {
    return undefined
  }
}
