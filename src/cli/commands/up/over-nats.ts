import { join } from 'node:path'
import { writeCredentials } from '../../../distributed/credentials.node.js'
import { natsTransport } from '../../../distributed/nats.node.js'
import { forgetRun } from '../../../distributed/pipeline/forget.js'
import type { Manifest } from '../../../distributed/pipeline/manifest.js'
import { trainPipeline } from '../../../distributed/pipeline/train.js'
import { type Broker, startBroker } from '../../../distributed/server.node.js'
import { UsageError } from '../../../errors.js'
import type { Training } from '../../../node.js'
import { fileOf } from '../../../rules/load.node.js'
import { printAside } from '../../output/print.js'
import { toType } from '../../to-type.js'
import { startWorker } from './worker-process.js'

export interface NatsFlags {
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

/** Credentials for workers: one for who coordinates, and those that may join. */
const MOST_WORKERS = 16

/** Trains over processes that a NATS server connects, which is started for the run and keeps what it stores in its folder. */
export const overNats = ({ workers, listen, local, dataDir }: NatsFlags, told: Told = {}): Training =>
  async function* (config) {
    const { run: folder } = config.told ?? {}
    if (folder === undefined) throw new UsageError('a pipeline over processes keeps its run in a folder: name one')
    const place = join(folder, 'broker')
    const broker = await startBroker({
      folder: place,
      run: RUN,
      workers: MOST_WORKERS,
      ...(listen !== undefined && { host: listen }),
    })
    told.broker?.(broker)
    try {
      const [own, ...others] = broker.workers
      const transport = await natsTransport(broker.url, own!)
      try {
        await forgetRun(transport)
        const file = fileOf(config.rule)
        const rule = file?.path ?? config.rule.id
        const start = async (run: string, { stages }: Manifest, signal: AbortSignal): Promise<void> => {
          const here = Math.min(local ?? stages.length, stages.length)
          if (here < stages.length) tellHowToJoin(broker.url, place, stages.length - here)
          await Promise.all(
            stages.slice(0, here).map(async (_, stage) => {
              const credentials = join(place, `worker-${stage}.credentials`)
              writeCredentials(credentials, others[stage % others.length]!)
              await startWorker({ url: broker.url, credentials, run, stage, rule, folder, dataDir }, signal, (process) =>
                told.worker?.(stage, process),
              )
            }),
          )
        }
        yield* trainPipeline({ ...config, transport, workers, start, ruleFile: file?.sha256 })
      } finally {
        await transport.close()
      }
    } finally {
      await broker.stop()
    }
  }

function tellHowToJoin(url: string, place: string, missing: number): void {
  const file = join(place, 'credentials', `worker-${MOST_WORKERS}.json`)
  printAside(
    `onward: ${missing} more ${missing === 1 ? 'worker is' : 'workers are'} to join. On the other machine, with a copy of ${file}:`,
    toType('join', url, '--credentials', 'worker.json'),
  )
}
