import type { DataSet } from '../../../data/index.js'
import { RUN as BY_CHAPTERS } from '../../../distributed/chapters/names.js'
import { readCredentials } from '../../../distributed/credentials.node.js'
import { awaitTransport } from '../../../distributed/nats.node.js'
import { type Ending, oneWorker } from '../../../distributed/pipeline/here.js'
import { FencedError } from '../../../distributed/pipeline/lease.js'
import { UserError } from '../../../errors.js'
import type { AnyRule } from '../../../rules/contract.js'
import { findRule } from '../../../rules/load.node.js'
import { dataOfRun, node } from '../../../runs.node.js'
import type { Platform } from '../../../train/platform.js'
import { readConfig } from '../../../train/run-folder.node.js'

/** What a worker in a process of its own can get ready with, before there is a run to join. */
export interface WorkerPlace {
  readonly stage: number
  readonly rule: string
  /** The folder of the run, on the machine where it was started. */
  readonly folder: string
  readonly dataDir?: string | undefined
  /** The lowest stage reads samples; by chapters, all workers do. */
  readonly readsData: boolean
}

/** What it is to join. */
export interface WorkerOrders {
  readonly url: string
  /** A file. */
  readonly credentials: string
  readonly run: string
  readonly holder: string
  /** The holder before it, if that is known to be dead. */
  readonly dead?: string
}

interface Ready {
  readonly stage: number
  readonly rule: AnyRule
  readonly platform: Platform
  readonly data: DataSet | undefined
}

async function getReady({ stage, folder, dataDir, readsData, ...place }: WorkerPlace): Promise<Ready> {
  const rule = await findRule(place.rule)
  const load = dataDir === undefined ? {} : { dataDir }
  const data = readsData ? await dataOfRun(folder, { rule, load }) : undefined
  return { stage, rule, platform: node(readConfig(folder).mostThreads), data }
}

/** Works on a stage until it is over. */
async function work({ stage, data, ...own }: Ready, orders: WorkerOrders, signal: AbortSignal): Promise<Ending> {
  const { url, credentials, run, holder, dead } = orders
  const transport = await awaitTransport(url, readCredentials(credentials), signal)
  if (!transport) return 'left'
  try {
    const where = { run, stage, holder, dead, signal }
    if (run !== BY_CHAPTERS) return await oneWorker(transport, where, { ...own, data })
    const { chapterWorker } = await import('../../../distributed/chapters/here.js')
    return await chapterWorker(transport, where, { ...own, data: data! })
  } finally {
    await transport.close()
  }
}

/** For what is on its way when a worker is to leave, or whoever started it is gone, ms. */
const GRACE = 3000

/** As a process. What is wrong for good is told to whoever started it. */
export async function main(place: WorkerPlace): Promise<void> {
  const stop = new AbortController()
  // Ctrl-C reaches all processes of a terminal: whoever started this one stops the run as a whole.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'disconnect'] as const)
    process.on(signal, () => {
      stop.abort()
      // A server that is gone for good would be waited for without end.
      setTimeout(() => process.exit(1), GRACE).unref()
    })
  try {
    const [orders, ready] = await Promise.all([ordersTo(stop.signal), getReady(place)])
    if (orders) await work(ready, orders, stop.signal)
    if (process.connected) process.disconnect()
  } catch (error) {
    if (error instanceof UserError) process.send?.({ wrong: error.message })
    else if (!(error instanceof FencedError)) console.error(error)
    process.exitCode = 1
    if (process.connected) process.disconnect()
  }
}

/** What this process is told to do; undefined where it is told to leave first. */
const ordersTo = (signal: AbortSignal): Promise<WorkerOrders | undefined> =>
  new Promise((resolve) => {
    process.once('message', (orders: WorkerOrders) => resolve(orders))
    signal.addEventListener('abort', () => resolve(undefined))
  })
