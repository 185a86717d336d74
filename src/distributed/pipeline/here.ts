import type { DataSet } from '../../data/index.js'
import type { AnyRule } from '../../rules/contract.js'
import type { Platform } from '../../train/platform.js'
import type { Transport } from '../transport.js'
import type { LeaseTimes } from './lease.js'
import { type Manifest, readManifest } from './manifest.js'
import { openWork } from './work.js'
import { type Ending, type StageOptions, workOnStage } from './worker.js'

export type { Ending }

export interface WorkerGiven {
  readonly rule: AnyRule
  readonly platform: Platform
  /** Where the worker may get the lowest stage. */
  readonly data?: DataSet | undefined
  readonly times?: LeaseTimes | undefined
}

/** One worker of one stage, from its manifest to its end. */
export async function oneWorker(
  transport: Transport,
  where: Omit<StageOptions, 'times'>,
  { times, ...given }: WorkerGiven,
): Promise<Ending> {
  const manifest = await readManifest(transport.values, where.run)
  const work = await openWork(manifest, where.stage, given)
  try {
    return await workOnStage(transport, manifest, work, { ...where, times })
  } finally {
    await work.compute.close()
  }
}

/** All workers of a run in this process. */
export const workersHere =
  (connect: () => Transport, given: WorkerGiven) =>
  async (run: string, { stages }: Manifest, signal: AbortSignal): Promise<void> => {
    await Promise.all(
      stages.map(async (_, stage) => {
        const transport = connect()
        try {
          await oneWorker(transport, { run, stage, holder: `worker ${stage}`, signal }, given)
        } finally {
          await transport.close()
        }
      }),
    )
  }
