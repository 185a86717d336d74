import type { DataSet } from '../../../data/index.js'
import { checkPooled } from '../../../distributed/federated/store.node.js'
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
  { workers, mode, engine, listen, local, ...given }: TrainFlags & PipelineFlags,
): Promise<number> {
  if (given.resume !== undefined) checkPooled(given.resume)
  // Chapters train one layer at a time; a run that is gone on with has its schedule.
  const isGreedy = mode !== 'activations' && given.resume === undefined && given.schedule === undefined
  const flags: TrainFlags = isGreedy ? { ...given, schedule: 'greedy' } : given
  return await trainBy(rule, flags, async () => {
    if (engine === 'memory') return await inThisProcess(mode, workers)
    const { overNats } = await import('./over-nats.js')
    return overNats({ mode, workers, listen, local, dataDir: flags.dataDir })
  })
}

async function inThisProcess(mode: Over['mode'], workers: number | undefined): Promise<Training> {
  const { memoryEngine } = await import('../../../distributed/memory.js')
  const { workersHere } = await import('../../../distributed/pipeline/here.js')
  const { trainPipeline } = await import('../../../distributed/pipeline/train.js')
  const { chaptersHere } = await import('../../../distributed/chapters/here.js')
  const { trainChapters } = await import('../../../distributed/chapters/train.js')
  return (config) => {
    const { connect } = memoryEngine()
    const own = { ...config, transport: connect(), workers }
    const given = { ...config, data: config.data as DataSet }
    if (mode === 'activations') return trainPipeline({ ...own, start: workersHere(connect, given) })
    return trainChapters({ ...own, mode, start: chaptersHere(connect, given) })
  }
}
