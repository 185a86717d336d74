import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../../errors.js'
import type { Found, Reader, Table } from '../content.js'
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
  if (!('wrong' in answer)) return { kind: 'table', ...answer }
  throw new UserError(
    answer.own
      ? `${path}: ${answer.wrong}`
      : `${path} is cut, damaged or no Parquet file (${answer.wrong}); get it again`,
  )
}

interface Limits {
  /** Of processor time. */
  readonly seconds: number
  /** By which this process may grow. */
  readonly megabytes: number
}

function guarded(request: ParquetRequest, limits: Limits, signal: AbortSignal | undefined): Promise<ParquetAnswer> {
  const worker = new Worker(new URL('./parquet-worker.node.js', import.meta.url), {
    ...{ workerData: request, execArgv: [] },
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(limits.megabytes) },
  })
  const before = { processor: process.cpuUsage(), memory: process.memoryUsage.rss() }
  return new Promise<ParquetAnswer>((resolve, reject) => {
    const tooLarge = (): void =>
      resolve({ wrong: 'it takes more time or memory than a file of its size can need', own: true })
    const watch = setInterval(() => {
      const { user, system } = process.cpuUsage(before.processor)
      const grown = (process.memoryUsage.rss() - before.memory) / MEGABYTE
      if ((user + system) / 1e6 > limits.seconds || grown > limits.megabytes) end(tooLarge)
    }, 50)
    const stop = (): void => end(() => reject(signal!.reason))
    const end = (how: () => void): void => {
      clearInterval(watch)
      signal?.removeEventListener('abort', stop)
      // What it says after its end does not count.
      void worker.terminate()
      how()
    }
    worker.once('message', (answer: ParquetAnswer) => end(() => resolve(answer)))
    worker.once('error', (error: NodeJS.ErrnoException) =>
      end(() =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : resolve({ wrong: error.message, own: false }),
      ),
    )
    worker.once('exit', () => end(() => resolve({ wrong: 'reading ended before its end', own: false })))
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
