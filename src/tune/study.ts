import type { Distribution, Params } from './distribution.js'

export type Direction = 'minimize' | 'maximize'

/** `waiting`: enqueued, not begun. `pruned`: ended early, since others were better. */
export type TrialState = 'running' | 'complete' | 'pruned' | 'failed' | 'waiting'

/** One training of a study. */
export interface Trial {
  /** From 0, in the order of the journal. */
  readonly number: number
  readonly state: TrialState
  /** As Optuna keeps them: numbers, and places in lists of choices. */
  readonly params: Params
  readonly distributions: Readonly<Record<string, Distribution>>
  /** One for each objective. */
  readonly values?: readonly number[]
  /** What it reported after each epoch, from 1; of the first objective. */
  readonly reports: ReadonlyMap<number, number>
  readonly notes: Readonly<Record<string, unknown>>
  readonly systemNotes: Readonly<Record<string, unknown>>
}

/** What the journal tells of a study. */
export interface Study {
  readonly name: string
  readonly directions: readonly Direction[]
  readonly notes: Readonly<Record<string, unknown>>
  readonly trials: readonly Trial[]
}

/** Complete or pruned: what samplers learn from. */
export const isFinished = ({ state }: Pick<Trial, 'state'>): boolean => state === 'complete' || state === 'pruned'

/** What a trial keeps for Onward itself, among its system attributes. */
export const NOTES = { turn: 'onward:turn', interrupted: 'onward:interrupted', standsFor: 'onward:stands-for' } as const

/**
 * The place of a trial in the order in which a study draws: its random numbers and its bracket go by it. A trial that was
 * interrupted gives its turn back, so that a study that was killed draws as if it had not been. Trials that others made
 * go by their numbers.
 */
export const turnOf = ({ systemNotes, number }: Trial): number =>
  (systemNotes[NOTES.turn] as number | undefined) ?? number

/** Its process ended before its training did. Another trial takes its place. */
export const isInterrupted = ({ state, systemNotes }: Trial): boolean =>
  state === 'failed' && systemNotes[NOTES.interrupted] === true

/** The first turn that no trial has. */
export function nextTurn(trials: readonly Trial[]): number {
  const taken = new Set(trials.filter((trial) => !isInterrupted(trial)).map(turnOf))
  let turn = 0
  while (taken.has(turn)) turn++
  return turn
}

/** The last epoch of which a trial reported, with its value. */
export function lastReport({ reports }: Pick<Trial, 'reports'>): readonly [epoch: number, value: number] | undefined {
  let last: readonly [number, number] | undefined
  for (const report of reports) if (!last || report[0] > last[0]) last = report
  return last
}

/** Values turned so that smaller is better. */
export const losses = (values: readonly number[], directions: readonly Direction[]): number[] =>
  values.map((value, i) => (directions[i] === 'maximize' ? -value : value))

/** The complete trial with the best first value; the earliest of equal ones. */
export function bestTrial(trials: readonly Trial[], directions: readonly Direction[]): Trial | undefined {
  let best: Trial | undefined
  const loss = ({ values = [] }: Trial): number => losses(values, directions)[0] ?? Number.POSITIVE_INFINITY
  for (const trial of trials) if (trial.state === 'complete' && (!best || loss(trial) < loss(best))) best = trial
  return best
}
