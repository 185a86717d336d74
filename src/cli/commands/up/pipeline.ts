import type { DataSet } from '../../../data/index.js'
import { checkPooled } from '../../../distributed/federated/store.node.js'
import { type AskedStart, keepStart, keptStart, type PipelineStart } from '../../../distributed/pipeline/kept.node.js'
import { UsageError } from '../../../errors.js'
import type { Training } from '../../../node.js'
import { printAside } from '../../output/print.js'
import { trainBy } from '../../train/command.js'
import { flagOf } from '../../train/flags.js'
import type { TrainFlags } from '../../train/request.js'

/** Flags of `onward up pipeline`, besides those of `onward train`. */
export interface PipelineFlags extends AskedStart {
  /** Seconds. */
  readonly wait?: number
}

/** `onward up pipeline`: trains as `onward train` does, on workers. */
export async function command(
  rule: string | undefined,
  { workers, mode, engine, listen, port, local, wait, ...given }: TrainFlags & PipelineFlags,
): Promise<number> {
  if (given.resume !== undefined) checkPooled(given.resume)
  const start = startOf(given.resume, { workers, mode, engine, listen, port, local })
  if (start.engine === 'memory') checkAlone({ listen, port, local, wait })
  // Chapters train one layer at a time; a run that is gone on with has its schedule.
  const isGreedy = start.mode !== 'activations' && given.resume === undefined && given.schedule === undefined
  const flags: TrainFlags = isGreedy ? { ...given, schedule: 'greedy' } : given
  return await trainBy(rule, flags, async () => {
    if (start.engine === 'memory') return await inThisProcess(start)
    const { overNats } = await import('./over-nats.js')
    const silent = (message: string): void => printAside(`onward: ${message}`)
    return overNats({ ...start, dataDir: flags.dataDir, wait }, { silent })
  })
}

/** What is asked for; what is left out is as the run was started, or else as usual. */
function startOf(run: string | undefined, asked: AskedStart): PipelineStart {
  const kept = run === undefined ? undefined : keptStart(run)
  if (kept && asked.mode !== undefined && asked.mode !== kept.mode)
    throw new UsageError(`${run} was started with --mode ${kept.mode}, and goes on so: leave --mode out.`)
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
  return { mode: 'activations', engine: 'nats', ...kept, ...given }
}

function checkAlone(flags: Readonly<Record<string, unknown>>): void {
  const [name] = Object.entries(flags).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined)
    throw new UsageError(`nobody can join what runs in one process: leave ${flagOf(name)} out, or --engine memory.`)
}

async function inThisProcess(start: PipelineStart): Promise<Training> {
  const { memoryEngine } = await import('../../../distributed/memory.js')
  const { workersHere } = await import('../../../distributed/pipeline/here.js')
  const { trainPipeline } = await import('../../../distributed/pipeline/train.js')
  const { chaptersHere } = await import('../../../distributed/chapters/here.js')
  const { trainChapters } = await import('../../../distributed/chapters/train.js')
  return (config) => {
    const { mode, workers } = start
    const { connect } = memoryEngine()
    const own = { ...config, transport: connect(), workers }
    const given = { ...config, data: config.data as DataSet }
    if (config.told?.run !== undefined) keepStart(config.told.run, start)
    if (mode === 'activations') return trainPipeline({ ...own, start: workersHere(connect, given) })
    return trainChapters({ ...own, mode, start: chaptersHere(connect, given) })
  }
}
