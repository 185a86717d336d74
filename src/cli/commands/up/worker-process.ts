import { type ChildProcess, spawn } from 'node:child_process'
import { UserError } from '../../../errors.js'
import { ownFile } from '../../../own-files.node.js'
import type { WorkerOrders, WorkerPlace } from './worker.js'

/** Starts in a row of one worker; none of them lived to the end. */
const MOST_STARTS = 20

/** Between two of them, ms. */
const PAUSE = 200

/** A worker's last words, where the run cannot go on. */
export interface LastWords {
  readonly wrong: string
}

/** A process that loads what it needs and waits for its orders. */
export function standBy(place: WorkerPlace): ChildProcess {
  const file = ownFile('./worker-main.js', import.meta.url, 'cli/commands/up')
  const child = spawn(process.execPath, [...process.execArgv, file.pathname, JSON.stringify(place)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  // Whoever waits for its end looks at how it ended.
  child.on('error', () => undefined)
  return child
}

export interface WorkerStart {
  readonly place: WorkerPlace
  readonly orders: Omit<WorkerOrders, 'holder' | 'dead'>
  /** One that stands by already. */
  readonly ready?: ChildProcess | undefined
  readonly onStart?: (process: number) => void
}

/**
 * A worker in a process of its own. One that dies is started again, and goes on from what it has kept. Resolves when it
 * has come to its end. Throws a UserError where it says that the run cannot go on, or dies again and again.
 */
export async function startWorker({ place, orders, ready, onStart }: WorkerStart, signal: AbortSignal): Promise<void> {
  let dead: string | undefined
  for (let starts = 1; !signal.aborted; starts++) {
    const holder = `stage-${place.stage}-${process.pid}-${starts}`
    const child = starts === 1 && ready ? ready : standBy(place)
    const ended = await follow(child, { ...orders, holder, ...(dead !== undefined && { dead }) }, signal, onStart)
    if (ended === true || signal.aborted) return
    if (ended.wrong !== undefined) throw new UserError(ended.wrong)
    if (starts >= MOST_STARTS)
      throw new UserError(
        `the worker of stage ${place.stage} was started ${starts} times and died each time: ${ended.how}`,
      )
    dead = holder
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

type Died = { readonly wrong?: string; readonly how: string }

function follow(
  child: ChildProcess,
  orders: WorkerOrders,
  signal: AbortSignal,
  onStart: WorkerStart['onStart'],
): Promise<true | Died> {
  if (child.pid !== undefined) onStart?.(child.pid)
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  let words: LastWords | undefined
  child.on('message', (message: LastWords) => {
    words = message
  })
  return new Promise<true | Died>((resolve, reject) => {
    const end = (code: number | null, name: string | null): void => {
      if (code === 0) resolve(true)
      else resolve({ how: name ? `killed by ${name}` : `exit code ${code}`, ...(words && { wrong: words.wrong }) })
    }
    child.once('error', reject)
    child.once('exit', end)
    // One that stood by may have ended before.
    if (child.exitCode !== null || child.signalCode !== null) end(child.exitCode, child.signalCode)
    else child.send(orders, () => undefined)
  }).finally(() => signal.removeEventListener('abort', stop))
}
