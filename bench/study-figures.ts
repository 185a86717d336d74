import { bestTrial, isInterrupted, type Study, type Trial } from '../src/tune/study.js'

/** What became of a study that was killed, beside one that was not. */
export type Killed = {
  readonly what: 'killed'
  readonly workers: number
  readonly kills: number
  /** Trials that were running when the study was killed. */
  readonly interrupted: number
  readonly finished: number
  /** Trials that were told as finished, and are not in the journal as such. */
  readonly lost: number
  /** Finished trials with settings that another finished trial has. */
  readonly twice: number
  /** The same trials in the same order with the same values, after every epoch too. */
  readonly same: boolean
}

/** Trials that came to an end by themselves, diverged ones among them. */
const ended = ({ trials }: Pick<Study, 'trials'>): Trial[] =>
  trials.filter((trial) => ['complete', 'pruned', 'failed'].includes(trial.state) && !isInterrupted(trial))

/** What a finished trial is, whatever its number. */
const saidBy = ({ state, params, values, reports }: Trial): string =>
  JSON.stringify({ state, params: Object.entries(params).sort(), values, reports: [...reports] })

const settingsOf = ({ params }: Trial): string => JSON.stringify(Object.entries(params).sort())

/** `told`: the numbers of the trials that were told as finished, before a kill or after it. */
export function killedFigures(
  { workers, kills }: Pick<Killed, 'workers' | 'kills'>,
  whole: Study,
  cut: Study,
  told: ReadonlySet<number>,
): Killed {
  const [undisturbed, finished] = [ended(whole), ended(cut)]
  return {
    ...{ what: 'killed', workers, kills, interrupted: cut.trials.filter(isInterrupted).length },
    finished: finished.length,
    lost: [...told].filter((number) => !finished.some((trial) => trial.number === number)).length,
    twice: finished.length - new Set(finished.map(settingsOf)).size,
    same: JSON.stringify(finished.map(saidBy)) === JSON.stringify(undisturbed.map(saidBy)),
  }
}

/** What a whole study took, and the best that it found. */
export type Pruned = {
  readonly what: 'pruning'
  readonly pruner: string
  readonly seed: number
  readonly epochs: number
  readonly pruned: number
  /** By the held-out figure. */
  readonly best: number
}

export function prunedFigures(study: Study, pruner: string, seed: number): Pruned {
  const finished = ended(study)
  return {
    ...{ what: 'pruning', pruner, seed },
    epochs: finished.reduce((sum, { reports }) => sum + reports.size, 0),
    pruned: finished.filter(({ state }) => state === 'pruned').length,
    best: bestTrial(study.trials, study.directions)!.values![0]!,
  }
}
