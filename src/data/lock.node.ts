import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { reason } from './locate.node.js'

/**
 * Runs `action` while this process alone holds the lock file at `path`; waits while a living process holds it, and takes
 * it over from one that has died. An abort of `signal` ends the waiting with its reason.
 */
export async function withLock<T>(path: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (reason(error) !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'))
    // An empty file is a lock that is just being written.
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
    else await wait(100)
  }
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return reason(error) === 'EPERM'
  }
}
