import type { Distribution } from './distribution.js'
import type { Direction, Study, Trial, TrialState } from './study.js'

/**
 * A study as a sequence of operations, one JSON object a line: the format of Optuna's journal storage, which its own
 * dashboard reads. Facts of the format: the numbers of operations, states and directions, and the names of the fields.
 */
export const OPERATIONS = {
  createStudy: 0,
  deleteStudy: 1,
  setStudyUserAttribute: 2,
  setStudySystemAttribute: 3,
  createTrial: 4,
  setTrialParameter: 5,
  setTrialState: 6,
  setTrialIntermediateValue: 7,
  setTrialUserAttribute: 8,
  setTrialSystemAttribute: 9,
} as const

const STATES: readonly TrialState[] = ['running', 'complete', 'pruned', 'failed', 'waiting']
const DIRECTIONS = ['not set', 'minimize', 'maximize']

/** An operation: its number, who wrote it, and its own fields. */
export interface Entry {
  readonly op_code: number
  readonly worker_id: string
  readonly [field: string]: unknown
}

/** As Python's `datetime.isoformat` writes local time: 2026-11-29T14:00:00.000000. */
export function timestamp(date = new Date()): string {
  const local = new Date(date.getTime() - 60_000 * date.getTimezoneOffset())
  return `${local.toISOString().slice(0, -1)}000`
}

/** The distribution as text, which the format keeps in a field of its own. */
export function distributionText(distribution: Distribution): string {
  if (distribution.kind === 'choice')
    return JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices: distribution.choices } })
  const { kind, low, high, log, step } = distribution
  return JSON.stringify({
    name: kind === 'int' ? 'IntDistribution' : 'FloatDistribution',
    attributes: { low, high, log, step: step ?? null },
  })
}

/** The distribution that a text describes; undefined for a kind that is none of the three of today. */
export function readDistribution(text: string): Distribution | undefined {
  const { name, attributes: given } = JSON.parse(text)
  if (name === 'CategoricalDistribution') return { kind: 'choice', choices: given.choices }
  const { low, high, log = false, step } = given ?? {}
  if (name === 'IntDistribution') return { kind: 'int', low, high, log, step: step ?? 1 }
  return name === 'FloatDistribution' ? { kind: 'float', low, high, log, ...(step && { step }) } : undefined
}

type Fields = Omit<Entry, 'worker_id'>

/** The operations that Onward writes. One study a file: its number is 0, and a trial's number is its id. */
export const write = {
  createStudy: (name: string, directions: readonly Direction[]): Fields => ({
    op_code: OPERATIONS.createStudy,
    study_name: name,
    directions: directions.map((direction) => DIRECTIONS.indexOf(direction)),
  }),
  studyNote: (key: string, value: unknown): Fields => ({
    op_code: OPERATIONS.setStudyUserAttribute,
    study_id: 0,
    user_attr: { [key]: value },
  }),
  /** A trial that begins, or waits, with its parameters: one line, so that no half of it is ever there. */
  createTrial: ({ state, params, distributions, notes, systemNotes }: Omit<Trial, 'number' | 'reports'>): Fields => ({
    op_code: OPERATIONS.createTrial,
    study_id: 0,
    datetime_start: state === 'waiting' ? null : timestamp(),
    state: STATES.indexOf(state),
    value: null,
    values: null,
    distributions: Object.fromEntries(
      Object.entries(distributions).map(([name, distribution]) => [name, distributionText(distribution)]),
    ),
    params,
    user_attrs: notes,
    system_attrs: systemNotes,
    intermediate_values: {},
  }),
  parameter: (trial: number, name: string, number: number, distribution: Distribution): Fields => ({
    op_code: OPERATIONS.setTrialParameter,
    trial_id: trial,
    param_name: name,
    param_value_internal: number,
    distribution: distributionText(distribution),
  }),
  state: (trial: number, state: TrialState, values?: readonly number[]): Fields => ({
    op_code: OPERATIONS.setTrialState,
    trial_id: trial,
    state: STATES.indexOf(state),
    values: values ?? null,
    ...(state === 'running' ? { datetime_start: timestamp() } : { datetime_complete: timestamp() }),
  }),
  report: (trial: number, epoch: number, value: number): Fields => ({
    op_code: OPERATIONS.setTrialIntermediateValue,
    trial_id: trial,
    step: epoch,
    intermediate_value: value,
  }),
  note: (trial: number, key: string, value: unknown): Fields => ({
    op_code: OPERATIONS.setTrialUserAttribute,
    trial_id: trial,
    user_attr: { [key]: value },
  }),
  systemNote: (trial: number, key: string, value: unknown): Fields => ({
    op_code: OPERATIONS.setTrialSystemAttribute,
    trial_id: trial,
    system_attr: { [key]: value },
  }),
}

/** Plays the first study of a journal, entry after entry. Entries about a trial that is finished are passed over. */
export function player(): { apply(entry: Entry): void; study(): Study | undefined } {
  let study: Omit<Study, 'trials'> | undefined
  const trials: Trial[] = []
  const change = (id: unknown, changes: (trial: Trial) => Partial<Trial>): void => {
    const trial = trials[id as number]
    if (!trial || (trial.state !== 'running' && trial.state !== 'waiting')) return
    trials[trial.number] = { ...trial, ...changes(trial) }
  }
  return {
    // A copy, so that whoever holds a study does not see it change.
    study: () => study && { ...study, trials: [...trials] },
    apply(entry) {
      switch (entry.op_code) {
        case OPERATIONS.createStudy:
          study ??= {
            name: String(entry.study_name),
            directions: (entry.directions as number[]).map((d) => (DIRECTIONS[d] ?? 'minimize') as Direction),
            notes: {},
          }
          return
        case OPERATIONS.setStudyUserAttribute:
          if (study && entry.study_id === 0)
            study = { ...study, notes: { ...study.notes, ...(entry.user_attr as object) } }
          return
        case OPERATIONS.createTrial:
          if (entry.study_id === 0) trials.push(created(entry, trials.length))
          return
        case OPERATIONS.setTrialParameter: {
          const distribution = readDistribution(String(entry.distribution))
          const name = String(entry.param_name)
          if (distribution)
            change(entry.trial_id, ({ params, distributions }) => ({
              params: { ...params, [name]: entry.param_value_internal as number },
              distributions: { ...distributions, [name]: distribution },
            }))
          return
        }
        case OPERATIONS.setTrialState: {
          const values = entry.values as number[] | null
          change(entry.trial_id, () => ({
            state: STATES[entry.state as number] ?? 'failed',
            ...(values && { values }),
          }))
          return
        }
        case OPERATIONS.setTrialIntermediateValue:
          change(entry.trial_id, ({ reports }) => ({
            reports: new Map([...reports, [entry.step as number, (entry.intermediate_value ?? Number.NaN) as number]]),
          }))
          return
        case OPERATIONS.setTrialUserAttribute:
          change(entry.trial_id, ({ notes }) => ({ notes: { ...notes, ...(entry.user_attr as object) } }))
          return
        case OPERATIONS.setTrialSystemAttribute:
          change(entry.trial_id, ({ systemNotes }) => ({
            systemNotes: { ...systemNotes, ...(entry.system_attr as object) },
          }))
      }
    },
  }
}

function created(entry: Entry, number: number): Trial {
  const texts = Object.entries((entry.distributions ?? {}) as Record<string, string>)
  const distributions = texts.flatMap(([name, text]) => {
    const distribution = readDistribution(text)
    return distribution ? [[name, distribution] as const] : []
  })
  const reports = Object.entries((entry.intermediate_values ?? {}) as Record<string, number>)
  const values = (entry.values ?? (entry.value === undefined || entry.value === null ? undefined : [entry.value])) as
    | number[]
    | undefined
  return {
    number,
    state: STATES[(entry.state ?? 0) as number] ?? 'failed',
    params: (entry.params ?? {}) as Trial['params'],
    distributions: Object.fromEntries(distributions),
    ...(values && { values }),
    reports: new Map(reports.map(([epoch, value]) => [Number(epoch), value])),
    notes: (entry.user_attrs ?? {}) as Trial['notes'],
    systemNotes: (entry.system_attrs ?? {}) as Trial['systemNotes'],
  }
}
