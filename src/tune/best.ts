import type { Best, Counts } from './events.js'
import { paretoFront } from './pareto.js'
import { valuesOf } from './space.js'
import { bestTrial, isInterrupted, losses, type Study, type Trial } from './study.js'

/** The file of a trial's settings beside its journal; of the best one without its number. */
export const configPath = (journal: string, trial?: number): string =>
  `${journal.replace(/\.(jsonl|log|journal)$/, '')}.${trial === undefined ? 'best' : `trial-${trial}`}.json`

const told = ({ number, values = [], params, distributions }: Trial, config: string): Best => ({
  ...{ trial: number, values, params: valuesOf(params, distributions), config },
})

export function bestOf({ trials, directions }: Study, journal: string): Best | undefined {
  const best = bestTrial(trials, directions)
  return best && told(best, configPath(journal))
}

/** The trials of which no other one is better in all objectives. */
export function frontOf({ trials, directions }: Study, journal: string): Best[] {
  const complete = trials.filter(({ state }) => state === 'complete')
  const front = paretoFront(complete.map(({ values = [] }) => losses(values, directions)))
  return front.map((place) => complete[place]!).map((trial) => told(trial, configPath(journal, trial.number)))
}

export function countsOf({ trials }: Pick<Study, 'trials'>): Counts {
  const counts = { running: 0, complete: 0, pruned: 0, failed: 0, waiting: 0 }
  for (const trial of trials) if (!isInterrupted(trial)) counts[trial.state]++
  return counts
}

/** Trials that came to an end, whichever. */
export const doneOf = ({ complete, pruned, failed }: Counts): number => complete + pruned + failed
