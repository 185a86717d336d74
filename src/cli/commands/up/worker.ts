import { chapterWorker } from '../../../distributed/chapters/here.js'
import { RUN as BY_CHAPTERS } from '../../../distributed/chapters/names.js'
import { readCredentials } from '../../../distributed/credentials.node.js'
import { natsTransport } from '../../../distributed/nats.node.js'
import { type Ending, oneWorker } from '../../../distributed/pipeline/here.js'
import { FencedError } from '../../../distributed/pipeline/lease.js'
import { UserError } from '../../../errors.js'
import { findRule } from '../../../rules/load.node.js'
import { dataOfRun, node } from '../../../runs.node.js'
import { readConfig } from '../../../train/run-folder.node.js'

/** What a worker in a process of its own is told. */
export interface WorkerSettings {
  readonly url: string
  /** A file. */
  readonly credentials: string
  readonly run: string
  readonly stage: number
  readonly holder: string
  /** The holder before it, if that is known to be dead. */
  readonly dead?: string
  readonly rule: string
  /** The folder of the run, on the machine where it was started. */
  readonly folder: string
  readonly dataDir?: string | undefined
}

/** Works on a stage until it is over. */
export async function work(settings: WorkerSettings, signal: AbortSignal): Promise<Ending> {
  const { url, run, stage, holder, dead, folder, dataDir } = settings
  const rule = await findRule(settings.rule)
  const load = dataDir === undefined ? {} : { dataDir }
  // The lowest stage reads the data; by chapters, all workers do.
  const isByChapters = run === BY_CHAPTERS
  const data = stage === 0 || isByChapters ? await dataOfRun(folder, { rule, load }) : undefined
  const transport = await natsTransport(url, readCredentials(settings.credentials))
  try {
    const platform = node(readConfig(folder).mostThreads)
    const where = { run, stage, holder, dead, signal }
    if (isByChapters) return await chapterWorker(transport, where, { rule, platform, data: data! })
    return await oneWorker(transport, where, { rule, platform, data })
  } finally {
    await transport.close()
  }
}

/** As a process: what is wrong for good is told to whoever started it. */
export async function main(settings: WorkerSettings): Promise<void> {
  const stop = new AbortController()
  // Ctrl-C reaches all processes of a terminal: whoever started this one stops the run as a whole.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => stop.abort())
  process.on('disconnect', () => stop.abort())
  try {
    await work(settings, stop.signal)
    process.disconnect?.()
  } catch (error) {
    if (error instanceof UserError) process.send?.({ wrong: error.message })
    else if (!(error instanceof FencedError)) console.error(error)
    process.exitCode = 1
    process.disconnect?.()
  }
}
