/** The clients of a federation as processes on this machine, each of which has some of them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.js'
import { makeFolder, replaceFile } from '../../files.node.js'
import type { ClientPlace, ClientsJob, ClientsWord } from './client-process.node.js'
import { toJson } from './names.js'

/** Starts in a row of a process whose clients did not come so far as to take part. */
const MOST_STARTS = 4

/** Between two of them, ms. */
const PAUSE = 200

export interface ClientProcesses {
  /** Where their jobs and logs lie. */
  readonly folder: string
  readonly job: Omit<ClientsJob, 'clients' | 'mostThreads'>
  readonly clients: readonly ClientPlace[]
  /** Told of a client that is left out, and why. */
  onLost(client: string, why: string): void
}

/**
 * Starts as many processes as the machine has processors, and deals the clients out to them: a process for each would
 * load the same program and the same data again and again. One that dies is started again; a client that cannot take
 * part is left out, as a round can do without some. Resolves when the signal has come and all have ended; rejects where no client is left.
 */
export async function clientProcesses(
  { folder, job, clients, onLost }: ClientProcesses,
  signal: AbortSignal,
): Promise<void> {
  makeFolder(folder)
  const count = processCount(clients.length)
  const mostThreads = Math.max(1, Math.floor(os.availableParallelism() / count))
  let left = clients.length
  const lose = (client: string, why: string): void => {
    left--
    onLost(client, why)
  }
  await Promise.all(
    Array.from({ length: count }, async (_, k) => {
      const place = join(folder, `process-${k + 1}`)
      let own = clients.filter((_, i) => i % count === k)
      for (let starts = 1; own.length > 0 && !signal.aborted; starts++) {
        replaceFile(`${place}.job.json`, toJson({ ...job, mostThreads, clients: own } satisfies ClientsJob), {
          mode: 0o600,
        })
        const hear = (word: ClientsWord): void => {
          if ('ready' in word) starts = 0
          else {
            own = own.filter(({ id }) => id !== word.lost)
            lose(word.lost, word.why)
          }
        }
        const code = await ended(start(place, hear), signal)
        if (code === 0 || signal.aborted) break
        if (starts >= MOST_STARTS) {
          for (const { id } of own) lose(id, `its process died ${starts} times: the reasons are in ${place}.log`)
          break
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }),
  )
  if (left === 0 && !signal.aborted)
    throw new UserError(`no client is left: the reasons are in ${join(folder, 'process-1.log')} and those beside it`)
}

/** As many processes as so many clients are dealt out to. */
export const processCount = (clients: number): number => Math.min(clients, os.availableParallelism())

function start(place: string, hear: (word: ClientsWord) => void): ChildProcess {
  const program = fileURLToPath(new URL('./client-process.node.js', import.meta.url))
  const child = spawn(process.execPath, [program, `${place}.job.json`], {
    // In a group of its own: Ctrl-C is for the coordinator, which ends its clients when the run is saved.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  child.on('message', hear)
  child.stderr!.pipe(createWriteStream(`${place}.log`, { flags: 'a' }))
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
