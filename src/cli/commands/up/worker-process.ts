import { spawn } from 'node:child_process'
import { UserError } from '../../../errors.js'
import { ownFile } from '../../../own-files.node.js'
import type { WorkerSettings } from './worker.js'

/** Starts in a row of one worker; none of them lived to the end. */
const MOST_STARTS = 20

/** Between two of them, ms. */
const PAUSE = 200

/** A worker's last words, where the run cannot go on. */
export interface LastWords {
  readonly wrong: string
}

/**
 * A worker in a process of its own. One that dies is started again, and goes on from what it has kept. Resolves when it
 * has come to its end. Throws a UserError where it says that the run cannot go on, or dies again and again.
 */
export async function startWorker(
  settings: Omit<WorkerSettings, 'holder'>,
  signal: AbortSignal,
  onStart?: (process: number) => void,
): Promise<void> {
  let dead: string | undefined
  for (let starts = 1; !signal.aborted; starts++) {
    const holder = `stage-${settings.stage}-${process.pid}-${starts}`
    const ended = await one({ ...settings, holder, ...(dead !== undefined && { dead }) }, signal, onStart)
    if (ended === true || signal.aborted) return
    if (ended.wrong !== undefined) throw new UserError(ended.wrong)
    if (starts >= MOST_STARTS)
      throw new UserError(
        `the worker of stage ${settings.stage} was started ${starts} times and died each time: ${ended.how}`,
      )
    dead = holder
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

type Died = { readonly wrong?: string; readonly how: string }

function one(settings: WorkerSettings, signal: AbortSignal, onStart?: (process: number) => void): Promise<true | Died> {
  const file = ownFile('./worker-main.js', import.meta.url, 'cli/commands/up')
  const child = spawn(process.execPath, [...process.execArgv, file.pathname, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  if (child.pid !== undefined) onStart?.(child.pid)
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  let words: LastWords | undefined
  child.on('message', (message: LastWords) => {
    words = message
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, name) => {
      signal.removeEventListener('abort', stop)
      if (code === 0) resolve(true)
      else resolve({ how: name ? `killed by ${name}` : `exit code ${code}`, ...(words && { wrong: words.wrong }) })
    })
  })
}
