import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ownFile } from '../own-files.node.js'
import type { FromWorker, Opening, ToWorker } from './worker-protocol.js'

/** What a worker tells; `gone`: its process ended by itself. */
export type Told = FromWorker | { readonly kind: 'gone'; readonly message: string }

/** Processes that train trials, by their numbers from 0. */
export interface Pool {
  send(worker: number, message: ToWorker): void
  /** The next message of any worker; undefined once the signal of the pool is aborted. */
  next(): Promise<{ readonly worker: number; readonly told: Told } | undefined>
  /** Ends the process of a worker, if it has one, and starts a new one. */
  restart(worker: number): void
  close(): void
}

/** So much of what a process said last is told when it has ended. */
const LAST_WORDS = 500

export function openPool(size: number, opening: Opening, signal: AbortSignal): Pool {
  const file = fileURLToPath(ownFile('./worker.node.js', import.meta.url, 'tune'))
  const queue: { worker: number; told: Told }[] = []
  let wake: (() => void) | undefined
  const tell = (worker: number, told: Told): void => {
    queue.push({ worker, told })
    wake?.()
  }
  signal.addEventListener('abort', () => wake?.(), { once: true })
  const processes: (ChildProcess | undefined)[] = []
  const start = (worker: number): void => {
    const child = fork(file, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' })
    processes[worker] = child
    let words = ''
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      words = (words + text).slice(-LAST_WORDS)
    })
    const isCurrent = (): boolean => processes[worker] === child
    child.on('message', (message) => {
      if (isCurrent()) tell(worker, message as FromWorker)
    })
    child.on('error', (error) => {
      if (isCurrent()) tell(worker, { kind: 'gone', message: error.message })
    })
    child.on('close', (code, signal) => {
      if (!isCurrent()) return
      const last = words.trim().split('\n').at(-1)
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`
      tell(worker, { kind: 'gone', message: `its process ended ${how}${last ? `: ${last}` : ''}` })
    })
    child.send({ kind: 'open', opening } satisfies ToWorker)
  }
  const end = (worker: number): void => {
    const child = processes[worker]
    processes[worker] = undefined
    child?.kill('SIGKILL')
  }
  for (let worker = 0; worker < size; worker++) start(worker)
  return {
    send(worker, message) {
      // Where the channel is closed, `close` of the process tells of it.
      processes[worker]?.send(message, () => undefined)
    },
    async next() {
      await new Promise<void>((resolve) => {
        wake = resolve
        if (signal.aborted || queue.length > 0) resolve()
      })
      return signal.aborted ? undefined : queue.shift()
    },
    restart(worker) {
      end(worker)
      start(worker)
    },
    close() {
      for (const worker of processes.keys()) end(worker)
    },
  }
}
