import { join } from 'node:path'
import { trainChapters } from '../../../distributed/chapters/train.js'
import { credentialsFile } from '../../../distributed/credentials.node.js'
import { natsTransport } from '../../../distributed/nats.node.js'
import { forgetRun } from '../../../distributed/pipeline/forget.js'
import { trainPipeline } from '../../../distributed/pipeline/train.js'
import { usualPort } from '../../../distributed/server/port.node.js'
import { type Broker, startBroker } from '../../../distributed/server.node.js'
import { UsageError } from '../../../errors.js'
import type { Training } from '../../../node.js'
import { fileOf } from '../../../rules/load.node.js'
import type { Over } from '../../../train/events.js'
import { printAside } from '../../output/print.js'
import { toType } from '../../to-type.js'
import type { WorkerPlace } from './worker.js'
import { standBy, startWorker } from './worker-process.js'

export interface NatsFlags {
  readonly mode?: Over['mode']
  readonly workers?: number | undefined
  /** The address that the server listens on, for workers on other machines. */
  readonly listen?: string | undefined
  /** The workers that are started here, from below; the others join. */
  readonly local?: number | undefined
  readonly dataDir?: string | undefined
}

/** Who is told of the processes. */
export interface Told {
  broker?(broker: Broker): void
  worker?(stage: number, process: number): void
}

/** The name of the run on its own server. */
const RUN = 'pipeline'

/** Workers that are sure to be started, where nobody says how many. */
const FEWEST = 2

/** Who has credentials: who coordinates, the workers of this machine, and those that join. All have the same rights. */
const [COORDINATOR, HERE, JOINING] = [0, 1, 2] as const

/** Trains over processes that a NATS server connects, which is started for the run and keeps what it stores in its folder. */
export const overNats = (
  { mode = 'activations', workers, listen, local, dataDir }: NatsFlags,
  told: Told = {},
): Training =>
  async function* (config) {
    const { run: folder } = config.told ?? {}
    if (folder === undefined) throw new UsageError('a pipeline over processes keeps its run in a folder: name one')
    const place = join(folder, 'broker')
    const file = fileOf(config.rule)
    const placeOf = (stage: number): WorkerPlace => ({
      ...{ stage, folder, dataDir },
      rule: file?.path ?? config.rule.id,
      readsData: stage === 0 || mode !== 'activations',
    })
    // They load while the network is traced and compiled here.
    const ready = Array.from({ length: Math.min(workers ?? FEWEST, local ?? Number.POSITIVE_INFINITY) }, (_, stage) =>
      standBy(placeOf(stage)),
    )
    try {
      const broker = await startBroker({
        folder: place,
        run: RUN,
        workers: [COORDINATOR, HERE, JOINING].length,
        ...(listen !== undefined && { host: listen, port: await usualPort(listen) }),
      })
      told.broker?.(broker)
      const server = keptUp(broker, told)
      const credentials = credentialsFile(place, broker.workers[HERE]!.id)
      try {
        const transport = await natsTransport(broker.url, broker.workers[COORDINATOR]!)
        try {
          const startAll = async (run: string, count: number, signal: AbortSignal): Promise<void> => {
            const here = Math.min(local ?? count, count)
            if (here < count)
              tellHowToJoin(broker.url, credentialsFile(place, broker.workers[JOINING]!.id), count - here)
            const workersHere = Promise.all(
              Array.from({ length: here }, async (_, stage) => {
                const orders = { url: broker.url, credentials, run }
                const onStart = (process: number): void => told.worker?.(stage, process)
                await startWorker({ place: placeOf(stage), orders, ready: ready[stage], onStart }, signal)
              }),
            )
            await Promise.race([workersHere, server.failed])
          }
          const own = { ...config, transport, workers, ruleFile: file?.sha256 }
          if (mode === 'activations') {
            await forgetRun(transport)
            yield* trainPipeline({ ...own, start: (run, { stages }, end) => startAll(run, stages.length, end) })
          } else
            yield* trainChapters({ ...own, mode, start: (run, manifest, end) => startAll(run, manifest.workers, end) })
        } finally {
          await transport.close()
        }
      } finally {
        await server.stop()
      }
    } finally {
      for (const child of ready) child.kill()
    }
  }

/** A server that is started again where it ends before it is stopped. */
function keptUp(first: Broker, told: Told): { readonly failed: Promise<never>; stop(): Promise<void> } {
  let broker = first
  let isStopping = false
  const failed = new Promise<never>((_, reject) => {
    const watch = async (): Promise<void> => {
      while (!isStopping) {
        await broker.ended
        if (isStopping) return
        broker = await broker.restart()
        told.broker?.(broker)
      }
    }
    watch().catch(reject)
  })
  failed.catch(() => undefined)
  return {
    failed,
    async stop() {
      isStopping = true
      await broker.stop()
    },
  }
}

function tellHowToJoin(url: string, file: string, missing: number): void {
  printAside(
    `onward: ${missing} more ${missing === 1 ? 'worker is' : 'workers are'} to join, on another machine that has a copy of ${file}:`,
    `  ${toType('join', url, '--credentials', 'worker.json')}`,
  )
}
