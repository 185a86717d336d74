import { UsageError } from '../errors.js'
import { unknownName } from '../names.js'
import type { Criterion, Scores } from '../train/events.js'
import type { Direction } from './study.js'

/** What a trial is judged by: a held-out figure, or what its training took. */
export interface Objective {
  /** `accuracy`, `loss`, `layer 0.accuracy`, `seconds`. */
  readonly key: string
  readonly direction: Direction
}

/** What a training costs, by the names of objectives; all to be small. */
export interface Costs {
  /** Of training, held-out samples not counted. */
  readonly seconds: number
  readonly parameters: number
  readonly activationBytes: number
  readonly stateBytes: number
}

const COSTS: readonly string[] = ['seconds', 'parameters', 'activationBytes', 'stateBytes'] satisfies (keyof Costs)[]

/** What drawn samples are judged by, once a training has ended: the Frechet distance, precision and recall. */
const JUDGED: readonly string[] = ['frechet', 'samplePrecision', 'sampleRecall']

export const isJudged = ({ key }: Objective): boolean => JUDGED.includes(key)

export const nameOfCriterion = ({ block, figure }: Criterion): string =>
  block === undefined ? figure : `${block}.${figure}`

/** Figures that are to be large, whatever a run is judged by. */
const LARGE: readonly string[] = ['accuracy', 'samplePrecision', 'sampleRecall']

/** A wish as it is typed, `KEY`, `KEY:min` or `KEY:max`; the direction of a figure is known where the run is judged by it. */
export function readObjective(text: string, criterion: Criterion): Objective {
  const [, key = '', turn] = /^(.*?)(?::(\w+))?$/.exec(text) ?? []
  if (turn !== undefined && turn !== 'min' && turn !== 'max')
    throw new UsageError(`--objective takes KEY, KEY:min or KEY:max, not "${text}".`)
  if (key === '') throw new UsageError('--objective takes the name of a held-out figure, such as accuracy, or seconds.')
  const [figure] = key.split('.').slice(-1)
  const isLarge = figure === criterion.figure ? criterion.better === 'larger' : LARGE.includes(figure!)
  const direction = turn === undefined ? (isLarge ? 'maximize' : 'minimize') : turn === 'max' ? 'maximize' : 'minimize'
  return { key, direction }
}

/** Whether an objective is known after each epoch, so that trials can be compared by it before they end. */
export const isCost = ({ key }: Objective): boolean => COSTS.includes(key)

/** Every figure by the name that an objective gives it. */
export function flatFigures({ network = {}, blocks = {} }: Scores, costs?: Costs): Readonly<Record<string, number>> {
  const own = Object.entries(blocks).flatMap(([block, figures]) =>
    Object.entries(figures).map(([figure, value]) => [`${block}.${figure}`, value] as const),
  )
  return { ...network, ...Object.fromEntries(own), ...costs }
}

/** The values of the objectives. Throws a UsageError where there is no such figure. */
export function valuesOfObjectives(
  objectives: readonly Objective[],
  figures: Readonly<Record<string, number>>,
): readonly number[] {
  return objectives.map(({ key }) => {
    const value = figures[key]
    if (value === undefined) throw unknownName('held-out figure', key, Object.keys(figures))
    return value
  })
}
