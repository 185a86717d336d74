import type { Keeping, RunFiles } from '../../src/browser/session.js'
import { runs } from '../../src/browser/store.js'
import { RUN_FILES } from '../../src/train/run-files.js'
import { addressOf } from './state/address.js'
import { epochsIn } from './state/epochs.js'
import type { Experiment } from './state/experiment.js'

/** A training that the browser keeps. */
export interface Kept {
  /** The name of its run. */
  readonly name: string
  /** Epochs that are done. */
  readonly epoch: number
}

/** So many are kept, the last ones. */
const MOST = 8
const MARK = 'lab: '

/** A training is known by what it is, whatever story it is told in and whatever the editor shows. */
function nameOf(experiment: Experiment): string {
  const { story: _, own: __, ...rest } = experiment
  return MARK + addressOf({ ...rest, race: [] })
}

/** Keeps a training in the browser's store, in the place of one before of the same experiment. */
export const keeping = (experiment: Experiment, unkept: (why: string) => void): Keeping => ({
  ...{ keep: nameOf(experiment), replace: true, unkept },
})

/** A training of this experiment that the browser keeps. Where it keeps nothing, there is nothing to find, and no error. */
export async function findKept(
  experiment: Experiment,
  store: Pick<typeof runs, 'list' | 'read' | 'remove'> = runs,
): Promise<Kept | undefined> {
  const name = nameOf(experiment)
  try {
    const all = (await store.list()).filter((run) => run.name.startsWith(MARK))
    for (const old of all.slice(MOST)) await forgetKept(old, store)
    if (!all.some((run) => run.name === name)) return undefined
    const epoch = epochIn(await store.read(name))
    return epoch > 0 ? { name, epoch } : undefined
  } catch {
    return undefined
  }
}

/** A checkpoint is told of when it is kept, and so in the next one: the end of its epoch is what it surely has. */
function epochIn(files: RunFiles): number {
  const [config, metrics] = [RUN_FILES.config, RUN_FILES.metrics].map((name) => new TextDecoder().decode(files[name]))
  return epochsIn(config!, metrics!)
}

export async function forgetKept(
  { name }: Pick<Kept, 'name'>,
  store: Pick<typeof runs, 'remove'> = runs,
): Promise<void> {
  try {
    await store.remove(name)
  } catch {
    // Another tab has it open: it stays.
  }
}
