import { UsageError } from '../errors.js'
import { unknownName } from '../names.js'
import { parseValue } from '../options/index.js'
import type { Choice, Distribution, Params } from './distribution.js'
import { write } from './journal.js'
import type { StudyFile } from './journal.node.js'
import type { TunePlan } from './plan.js'
import { type Dimension, numberOfOption } from './space.js'
import { NOTES, nextTurn, type Study, type Trial } from './study.js'

/** Optuna's name for the parameters that a waiting trial is to have. */
const FIXED = 'fixed_params'

/** What the journal keeps of a plan for whoever goes on with the study. */
interface KeptPlan {
  readonly request: unknown
  readonly plan: unknown
}

const NOTE = 'onward'

/** What was asked for when the study in a journal was begun; undefined for a new one. Of Optuna's own there is none. */
export const requestOf = ({ notes }: Study): unknown => (notes[NOTE] as KeptPlan | undefined)?.request

/** What stands behind the names of a study's data and rule; null where there is nothing but the name. */
export interface Sources {
  readonly fingerprint: string | null
  /** Of the file that the rule is in. */
  readonly ruleSha256: string | null
}

/**
 * Begins a study, or goes on with the one in the file. Throws a UsageError where that one was begun with another plan, other data or
 * another file of the rule, and says what differs.
 */
export function beginStudy(file: StudyFile, plan: TunePlan, request: unknown, name: string, sources: Sources): void {
  const kept = file.study()
  const { base, space, objectives, sampler, pruner } = plan
  const ranges = Object.fromEntries(space.map((dimension) => [dimension.name, dimension.distribution]))
  const { threads: _, ...options } = base.options
  const wanted = {
    rule: name,
    ...objectiveTexts(objectives),
    sampler,
    pruner,
    hyper: base.hyper,
    options,
    space: ranges,
    ...sources,
  }
  if (!kept)
    file.add(
      write.createStudy(
        name,
        objectives.map(({ direction }) => direction),
      ),
    )
  const before = (kept?.notes[NOTE] as KeptPlan | undefined)?.plan as typeof wanted | undefined
  if (!before) {
    if (kept && kept.trials.length > 0)
      throw new UsageError(`${file.path} holds a study that Onward did not begin: choose another file (--study).`)
    file.add(write.studyNote(NOTE, { request, plan: wanted } satisfies KeptPlan))
    return
  }
  checkSources(file.path, before, sources)
  for (const key of Object.keys(wanted) as (keyof typeof wanted)[]) {
    if (key in sources) continue
    const [then, now] = [JSON.stringify(before[key]), JSON.stringify(wanted[key])]
    if (then !== now)
      throw new UsageError(
        `the study in ${file.path} was begun with another ${key}, ${short(then)}, not ${short(now)}: go on with it by ` +
          '--study alone, or choose another file.',
      )
  }
}

const MEANT = { fingerprint: 'data', ruleSha256: 'a file of the rule' } as const

/** Trials of other data, or of another rule, cannot be compared. A study of before this was kept tells of neither. */
function checkSources(path: string, before: Partial<Sources>, now: Sources): void {
  for (const key of ['fingerprint', 'ruleSha256'] as const) {
    const then = before[key]
    if (then === undefined || then === now[key]) continue
    throw new UsageError(
      `the study in ${path} was begun with ${MEANT[key]} of other content (${hash(then)} then, ${hash(now[key])} now), and its ` +
        'trials say nothing of this one: put back what was there, or choose another file (--study).',
    )
  }
}

const hash = (sha256: string | null): string => (sha256 === null ? 'none' : `SHA-256 ${sha256.slice(0, 12)}...`)

const objectiveTexts = (objectives: TunePlan['objectives']) => ({
  objective: objectives.map(({ key, direction }) => `${key}:${direction === 'maximize' ? 'max' : 'min'}`),
})

const short = (text: string | undefined): string =>
  text === undefined ? 'none' : text.length <= 60 ? text : `${text.slice(0, 57)}...`

/**
 * Marks the trials that a process left when it ended: they have failed. One that was enqueued waits again. The journal
 * may end anywhere on the way.
 */
export function interrupt(file: StudyFile): number {
  const { trials } = file.study()!
  const running = trials.filter(({ state }) => state === 'running')
  for (const trial of running) {
    const fixed = fixedOf(trial)
    const isReplaced = trials.some(({ systemNotes }) => systemNotes[NOTES.standsFor] === trial.number)
    if (fixed && !isReplaced) {
      const turn = trial.systemNotes[NOTES.turn] ?? trial.number
      file.add(waiting(fixed, { [NOTES.turn]: turn, [NOTES.standsFor]: trial.number }))
    }
    file.add(write.systemNote(trial.number, NOTES.interrupted, true), write.state(trial.number, 'failed'))
  }
  return running.length
}

const waiting = (fixed: Readonly<Record<string, Choice>>, systemNotes: Trial['systemNotes']) =>
  write.createTrial({
    ...{ state: 'waiting', params: {}, distributions: {}, notes: {} },
    systemNotes: { [FIXED]: fixed, ...systemNotes },
  })

/** Values that a trial is to have, of those that were enqueued, by us or by Optuna. */
export const fixedOf = ({ systemNotes }: Trial): Readonly<Record<string, Choice>> | undefined =>
  systemNotes[FIXED] as Readonly<Record<string, Choice>> | undefined

/** Lets values wait for their trial, unless the study has had them enqueued. */
export function enqueue(file: StudyFile, values: Readonly<Record<string, Choice>>): void {
  const { trials } = file.study()!
  const text = JSON.stringify(values)
  if (trials.some((trial) => JSON.stringify(fixedOf(trial)) === text)) return
  file.add(waiting(values, { [NOTES.turn]: nextTurn(trials) }))
}

/** The parameters that values stand for, of those that the space has. Throws a UsageError for one outside of its range. */
export function paramsOfValues(space: readonly Dimension[], values: Readonly<Record<string, unknown>>): Params {
  const params: Record<string, number> = {}
  const unknown = Object.keys(values).find((key) => !space.some(({ name }) => name === key))
  if (unknown !== undefined)
    throw unknownName(
      'searched option',
      unknown,
      space.map(({ name }) => name),
    )
  for (const dimension of space) {
    const value = values[dimension.name]
    if (value === undefined) continue
    const { distribution, kind, name } = dimension
    const place = distribution.kind === 'choice' ? distribution.choices.indexOf(value as Choice) : -1
    const typed = typeof value === 'string' ? parseValue(kind, value, name) : value
    const number = place >= 0 ? place : numberOfOption(dimension, typed)
    if (number === undefined)
      throw new UsageError(`${dimension.name}=${String(value)} is enqueued, and the search does not reach it.`)
    params[dimension.name] = number
  }
  return params
}

/** The number of a new trial that runs from now on. */
export function beginTrial(
  file: StudyFile,
  space: readonly Dimension[],
  params: Params,
  turn: number,
  waited: Trial | undefined,
): number {
  const distributions = Object.fromEntries(
    space
      .filter(({ name }) => params[name] !== undefined)
      .map(({ name, distribution }): [string, Distribution] => [name, distribution]),
  )
  if (waited) {
    const { number } = waited
    const parameters = Object.entries(params).map(([name, value]) =>
      write.parameter(number, name, value, distributions[name]!),
    )
    file.add(write.state(number, 'running'), ...parameters)
    return number
  }
  file.add(
    write.createTrial({
      ...{ state: 'running', params, distributions, notes: {}, systemNotes: { [NOTES.turn]: turn } },
    }),
  )
  return file.study()!.trials.length - 1
}
