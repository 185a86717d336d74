import { join } from 'node:path'
import { trainChapters } from '../../../distributed/chapters/train.js'
import { credentialsFile } from '../../../distributed/credentials.node.js'
import { natsTransport } from '../../../distributed/nats.node.js'
import { forgetRun } from '../../../distributed/pipeline/forget.js'
import { keepStart, type PipelineStart } from '../../../distributed/pipeline/kept.node.js'
import { trainPipeline } from '../../../distributed/pipeline/train.js'
import { keptUp, whileUp } from '../../../distributed/server/kept-up.node.js'
import { portOf, usualPort } from '../../../distributed/server/port.node.js'
import { silenceTold } from '../../../distributed/server/silence.node.js'
import { type Broker, startBroker } from '../../../distributed/server.node.js'
import { UsageError } from '../../../errors.js'
import type { Training } from '../../../node.js'
import { fileOf } from '../../../rules/load.node.js'
import type { Joining } from '../../../train/events.js'
import type { WorkerPlace } from './worker.js'
import { standBy, startWorker } from './worker-process.js'

export interface NatsFlags extends Partial<PipelineStart> {
  readonly dataDir?: string | undefined
  /** The most seconds to wait for workers who are to join. */
  readonly wait?: number | undefined
}

/** Called when processes start, or a server is silent. */
export interface Callbacks {
  broker?(broker: Broker): void
  worker?(stage: number, process: number): void
  silent?(message: string): void
}

/** The name of the run on its own server. */
const RUN = 'pipeline'

/** Workers that are sure to be started, where nobody says how many. */
const FEWEST = 2

/** Who has credentials: who coordinates, the workers of this machine, and those that join. All have the same rights. */
const [COORDINATOR, HERE, JOINING] = [0, 1, 2] as const

/** Trains over processes that a NATS server connects, which is started for the run and keeps what it stores in its folder. */
export const overNats = (
  { mode = 'activations', workers, listen, port, local, dataDir, wait }: NatsFlags,
  callbacks: Callbacks = {},
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
        ...(listen !== undefined && { host: listen }),
        port: port ?? (listen === undefined ? undefined : await usualPort(listen)),
      })
      callbacks.broker?.(broker)
      const start = { mode, engine: 'nats', workers, local } as const
      keepStart(folder, { ...start, listen, ...((listen ?? port) !== undefined && { port: portOf(broker) }) })
      const server = keptUp(broker, callbacks.broker)
      const credentials = credentialsFile(place, broker.workers[HERE]!.id)
      try {
        const onSilent = silenceTold(server, callbacks.silent)
        const transport = await natsTransport(broker.url, broker.workers[COORDINATOR]!, { onSilent })
        try {
          const startAll = async (run: string, count: number, signal: AbortSignal): Promise<void> => {
            const here = Math.min(local ?? count, count)
            const workersHere = Promise.all(
              Array.from({ length: here }, async (_, stage) => {
                const orders = { url: broker.url, credentials, run }
                const onStart = (process: number): void => callbacks.worker?.(stage, process)
                await startWorker({ place: placeOf(stage), orders, ready: ready[stage], onStart }, signal)
              }),
            )
            await Promise.race([workersHere, server.failed])
          }
          const joiners = credentialsFile(place, broker.workers[JOINING]!.id)
          const joining = (count: number): Joining | undefined =>
            local !== undefined && local < count
              ? { url: broker.url, count: count - local, credentials: [joiners] }
              : undefined
          const own = { ...config, transport, workers, ruleFile: file?.sha256, wait, joining }
          if (mode === 'activations') await forgetRun(transport)
          const work =
            mode === 'activations'
              ? trainPipeline({ ...own, start: (run, { stages }, end) => startAll(run, stages.length, end) })
              : trainChapters({ ...own, mode, start: (run, manifest, end) => startAll(run, manifest.workers, end) })
          yield* whileUp(server, transport, work, config.signal)
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
