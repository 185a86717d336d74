import type { DataSet } from '../../../data/index.js'
import type { Training } from '../../../node.js'
import type { Over } from '../../../train/events.js'
import { trainBy } from '../../train/command.js'
import type { TrainFlags } from '../../train/request.js'

/** Flags of `onward up pipeline`, besides those of `onward train`. */
export interface PipelineFlags {
  readonly workers?: number
  readonly mode: Over['mode']
  readonly engine: Over['engine']
  readonly listen?: string
  readonly local?: number
}

/** `onward up pipeline`: trains as `onward train` does, on workers. */
export async function command(
  rule: string | undefined,
  { workers, mode, engine, listen, local, ...flags }: TrainFlags & PipelineFlags,
): Promise<number> {
  return await trainBy(rule, flags, async () => {
    if (engine === 'memory') return await inThisProcess(workers)
    const { overNats } = await import('./over-nats.js')
    return overNats({ workers, listen, local, dataDir: flags.dataDir })
  })
}

async function inThisProcess(workers: number | undefined): Promise<Training> {
  const { memoryEngine } = await import('../../../distributed/memory.js')
  const { workersHere } = await import('../../../distributed/pipeline/here.js')
  const { trainPipeline } = await import('../../../distributed/pipeline/train.js')
  return (config) => {
    const { connect } = memoryEngine()
    const start = workersHere(connect, { ...config, data: config.data as DataSet })
    return trainPipeline({ ...config, transport: connect(), workers, start })
  }
}
