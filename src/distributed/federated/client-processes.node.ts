/** The clients of a federation as processes on this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.js'
import { makeFolder, replaceFile } from '../../files.node.js'
import type { ClientJob } from './client-process.node.js'
import { toJson } from './names.js'
import type { Recipe } from './recipe.js'

/** How often a client that ended before its time is started again. */
const STARTS = 4

/**
 * Starts a process for each client, and again where it ends before its time: one that keeps ending is left out, as a
 * round can do without some. Rejects where none is left.
 */
export const clientProcesses =
  (folder: string, jobs: ReadonlyMap<string, ClientJob>) =>
  async (_: Recipe, signal: AbortSignal): Promise<void> => {
    let left = jobs.size
    makeFolder(folder)
    await Promise.all(
      [...jobs].map(async ([client, job]) => {
        const log = join(folder, `${client}.log`)
        const file = join(folder, `${client}.job.json`)
        replaceFile(file, toJson(job), { mode: 0o600 })
        for (let starts = 0; starts < STARTS && !signal.aborted; starts++)
          if ((await ended(start(file, log), signal)) === 0) return
        if (signal.aborted) return
        left--
        if (left === 0) throw new UserError(`no client is left: the last one's reasons are in ${log}`)
      }),
    )
  }

function start(job: string, log: string): ChildProcess {
  const program = fileURLToPath(new URL('./client-process.node.js', import.meta.url))
  const child = spawn(process.execPath, [program, job], {
    // In a group of its own: Ctrl-C is for the coordinator, which ends its clients when the run is saved.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  child.stderr!.pipe(createWriteStream(log, { flags: 'a' }))
  return child
}

/** The exit code of a process, which the signal ends. */
async function ended(child: ChildProcess, signal: AbortSignal): Promise<number | null> {
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await new Promise((resolve) => {
      child.once('exit', (code) => resolve(code))
      child.once('error', () => resolve(null))
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
