import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../../errors.js'
import { ofThisRealm } from '../../../typed-arrays.js'
import type { Column, Found, Reader, Table } from '../content.js'
import { plain } from '../plain.js'
import { readShards } from './csv.node.js'
import type { ParquetAnswer, ParquetRequest } from './parquet-worker.node.js'
import { shardsAt } from './shards.node.js'

const ENDING = /\.(parquet|parq|pq)$/i
const MEGABYTE = 2 ** 20

/** Parquet, one file or a folder of shards, as the Hugging Face hub serves its sets. */
export const parquet: Reader = {
  format: 'Parquet',
  recognises: (path, head) =>
    head.length > 0 ? new TextDecoder().decode(head.subarray(0, 4)) === 'PAR1' : holdsShards(path),
  async read(path, _options, progress): Promise<Found<Table>> {
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile()
    const shards = isFile ? { train: [path], test: [], leftOut: [] } : shardsAt(path, ENDING)
    if (!shards) throw new UserError(`${path} holds no Parquet file`)
    return await readShards(shards, 'Parquet', (file) => readParquet(file, progress?.signal))
  },
}

function holdsShards(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true && shardsAt(path, ENDING) !== undefined
  } catch {
    return true
  }
}

/**
 * The table of a Parquet file. A file may promise anything, and the library that reads it believes it: it works in a
 * thread of its own, which is ended where it takes more time or memory than a file of this size can need. Throws a
 * UserError for such a file, for a damaged one, and for what no table holds; the reason of the signal if that is aborted.
 */
export async function readParquet(path: string, signal?: AbortSignal): Promise<Table> {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size
  if (bytes === undefined) throw new UserError(`${path} does not exist`)
  const megabytes = bytes / MEGABYTE
  const request: ParquetRequest = { path, bytes, mostUnpacked: Math.ceil((64 + 40 * megabytes) * MEGABYTE) }
  const answer = await guarded(request, { seconds: 1.5 + megabytes, megabytes: 400 + 60 * megabytes }, signal)
  if (!('wrong' in answer)) return { kind: 'table', rows: answer.rows, columns: answer.columns.map(inThisRealm) }
  throw new UserError(
    answer.own
      ? `${path}: ${plain(answer.wrong, 300)}`
      : `${path} is cut, damaged or no Parquet file (${plain(answer.wrong, 300)}); get it again`,
  )
}

/** What a worker sends is of another realm where this runs in Jest. */
const inThisRealm = ({ cells, ...column }: Column): Column =>
  ({
    ...column,
    cells: Array.isArray(cells)
      ? cells.map((cell: string | Uint8Array) => (typeof cell === 'string' ? cell : ofThisRealm(cell)))
      : ofThisRealm(cells),
  }) as Column

interface Limits {
  /** Of processor time in which the thread is busy. */
  readonly seconds: number
  /** By which this process may grow. */
  readonly megabytes: number
}

/** A thread that has nothing to do: the next file need not wait for a new one. */
let idle: Worker | undefined

function start(): Worker {
  const worker = new Worker(new URL('./parquet-worker.node.js', import.meta.url), { execArgv: [] })
  worker.once('exit', () => {
    if (idle === worker) idle = undefined
  })
  return worker
}

function guarded(request: ParquetRequest, limits: Limits, signal: AbortSignal | undefined): Promise<ParquetAnswer> {
  const worker = idle ?? start()
  idle = undefined
  const busy = (): number => worker.performance.eventLoopUtilization().active / 1000
  const before = { processor: process.cpuUsage(), busy: busy(), memory: process.memoryUsage.rss() }
  return new Promise<ParquetAnswer>((resolve, reject) => {
    const watch = setInterval(() => {
      // The processor time is that of all threads, a training's too; how long this one is busy, others may prolong.
      const { user, system } = process.cpuUsage(before.processor)
      const seconds = Math.min((user + system) / 1e6, busy() - before.busy)
      const grown = (process.memoryUsage.rss() - before.memory) / MEGABYTE
      if (seconds > limits.seconds || grown > limits.megabytes)
        end(() => resolve({ wrong: 'it takes more time or memory than a file of its size can need', own: true }))
    }, 50)
    const stop = (): void => end(() => reject(signal!.reason))
    const answered = (answer: ParquetAnswer): void => {
      idle = worker
      end(() => resolve(answer))
    }
    const failed = (error?: Error): void =>
      end(() => resolve({ wrong: error?.message ?? 'reading ended before its end', own: false }))
    const end = (how: () => void): void => {
      clearInterval(watch)
      signal?.removeEventListener('abort', stop)
      worker.off('message', answered).off('error', failed).off('exit', failed)
      if (idle === worker) worker.unref()
      else void worker.terminate()
      how()
    }
    worker.on('message', answered).on('error', failed).on('exit', failed)
    if (signal?.aborted) return stop()
    signal?.addEventListener('abort', stop, { once: true })
    worker.ref()
    worker.postMessage(request)
  })
}
