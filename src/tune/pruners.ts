import { type Direction, isInterrupted, lastReport, type Study, type Trial, turnOf } from './study.js'

/** Decides after each report of a trial whether it goes on. Only the first objective is looked at. */
export interface Pruner {
  shouldPrune(study: Study, trial: Trial): boolean
  /** The bracket of the trial that turn `turn` gave; samplers and this pruner see only its own. Absent: there is one. */
  bracketOf?(study: Pick<Study, 'name'>, turn: number): number
}

export const PRUNERS = ['median', 'asha', 'hyperband', 'none'] as const
export type PrunerName = (typeof PRUNERS)[number]

/** The pruner of that name. `epochs`: of a whole training, the most that a trial is given. */
export function prunerOf(name: PrunerName, epochs: number): Pruner {
  switch (name) {
    case 'median':
      return median()
    case 'asha':
      return halving({ least: Math.max(1, Math.floor(epochs / 100)), eta: 4 })
    case 'hyperband':
      return hyperband({ least: 1, most: epochs, eta: 3 })
    case 'none':
      return { shouldPrune: () => false }
  }
}

/** Values turned so that smaller is better. */
const sign = ({ directions }: { directions: readonly Direction[] }): number => (directions[0] === 'maximize' ? -1 : 1)

/** After so many complete trials the median has something to say. */
const START_UP = 5

/** Ends a trial whose best value so far is worse than the median of what complete trials reported at this epoch. */
export function median(startUp = START_UP): Pruner {
  return {
    shouldPrune(study, trial) {
      const complete = study.trials.filter(({ state }) => state === 'complete')
      const last = lastReport(trial)
      if (complete.length < startUp || !last) return false
      const turn = sign(study)
      const own = [...trial.reports.values()].filter((value) => !Number.isNaN(value)).map((value) => turn * value)
      if (own.length === 0) return true
      const others = complete
        .map(({ reports }) => turn * (reports.get(last[0]) ?? Number.NaN))
        .filter((value) => !Number.isNaN(value))
        .sort((a, b) => a - b)
      if (others.length === 0) return false
      const middle = (others[(others.length - 1) >> 1]! + others[others.length >> 1]!) / 2
      return Math.min(...own) > middle
    },
  }
}

export interface Halving {
  /** Epochs before the first rung. */
  readonly least: number
  readonly eta: number
  /** Rungs that are left out at the start. */
  readonly skipped?: number
  readonly bracketOf?: Pruner['bracketOf'] | undefined
}

/**
 * Asynchronous successive halving (Li et al. 2018): at the rungs, after least * eta^k epochs, a trial goes on if it is in
 * the best 1/eta of all that came so far; the first eta - 1 go on if they are the best.
 */
export function halving({ least, eta, skipped = 0, bracketOf }: Halving): Pruner {
  const rung = (k: number): number => least * eta ** (skipped + k)
  return {
    ...(bracketOf && { bracketOf }),
    shouldPrune(study, trial) {
      const last = lastReport(trial)
      if (!last) return false
      const [epoch, value] = last
      const turn = sign(study)
      for (let k = 0; rung(k) <= epoch; k++) {
        // Where rungs lie closer than reports, or reports begin late, one report stands for all rungs that it passes.
        const before = [...trial.reports.keys()].filter((reported) => reported < epoch)
        if (before.some((reported) => reported >= rung(k))) continue
        if (Number.isNaN(value)) return true
        const rivals = study.trials
          .filter((other) => other.number !== trial.number && !isInterrupted(other))
          .filter((other) => bracketOf?.(study, turnOf(other)) === bracketOf?.(study, turnOf(trial)))
          .map(({ reports }) => atRung(reports, rung(k)))
          .filter((reported) => reported !== undefined && !Number.isNaN(reported))
        const all = [...rivals, value].map((reported) => turn * reported!).sort((a, b) => a - b)
        const promoted = Math.max(1, Math.floor(all.length / eta))
        if (turn * value > all[promoted - 1]!) return true
      }
      return false
    },
  }
}

/** What a trial reported when it came to a rung: its first report there or later. */
function atRung(reports: ReadonlyMap<number, number>, rung: number): number | undefined {
  const epochs = [...reports.keys()].filter((epoch) => epoch >= rung)
  return epochs.length === 0 ? undefined : reports.get(Math.min(...epochs))
}

/**
 * Hyperband (Li et al. 2017), asynchronously: successive halving in floor(log_eta(most / least)) + 1 brackets that begin
 * at other rungs. The bracket of a trial follows from the names of the study and of the trial, in shares of the budget.
 */
export function hyperband({ least, most, eta }: { least: number; most: number; eta: number }): Pruner {
  const brackets = Math.floor(Math.log(most / least) / Math.log(eta) + 1e-9) + 1
  const budgets = Array.from({ length: brackets }, (_, bracket) => {
    const s = brackets - 1 - bracket
    return Math.ceil((brackets * eta ** s) / (s + 1))
  })
  const total = budgets.reduce((sum, budget) => sum + budget, 0)
  const bracketOf = ({ name }: Pick<Study, 'name'>, turn: number): number => {
    let left = crc32(`${name}_${turn}`) % total
    return budgets.findIndex((budget) => {
      left -= budget
      return left < 0
    })
  }
  const pruners = budgets.map((_, skipped) => halving({ least, eta, skipped, bracketOf }))
  return {
    bracketOf,
    shouldPrune: (study, trial) => pruners[bracketOf(study, turnOf(trial))]!.shouldPrune(study, trial),
  }
}

/** The cyclic redundancy check of ISO 3309, of text in UTF-8. */
export function crc32(text: string): number {
  let crc = 0xffffffff
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
