/** What says how many epochs a phase has: where layers learn one after the other, each has all of them. */
export interface Course {
  readonly settings: { readonly options: { readonly schedule: 'joint' | 'greedy'; readonly epochs: number } }
  /** Steps of an epoch. */
  readonly batches: number
}

/** The number of an epoch in the whole training: events count those of each phase from 1. `step`: one of its own. */
export function epochThrough(
  { settings, batches }: Course,
  { step, epoch }: { readonly step: number; readonly epoch: number },
): number {
  const { schedule, epochs } = settings.options
  return schedule === 'greedy' ? (Math.ceil(step / (epochs * batches)) - 1) * epochs + epoch : epoch
}

/** The epochs that are done by what the files of a run say: the last one whose end its journal tells of. */
export function epochsIn(config: string, metrics: string): number {
  const lines = metrics.trimEnd().split('\n')
  const last = lines.findLast((line) => line.startsWith('{"event":"epoch"'))
  const start = lines.findLast((line) => line.startsWith('{"event":"start"'))
  if (last === undefined || start === undefined) return 0
  return epochThrough({ settings: JSON.parse(config), batches: JSON.parse(start).batchesPerEpoch }, JSON.parse(last))
}
