import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Budget, readBudget } from '../../compare/budget.js'
import type { Arm } from '../../compare/contender.js'
import { UsageError } from '../../errors.js'
import { unknownName } from '../../names.js'
import type { TrainInput } from '../../train/options.js'
import { readArm } from '../arm.js'
import type { OwnFlags } from '../own-data.js'
import { toType } from '../to-type.js'
import { readTrainingFlags } from '../train/flags.js'
import { FORMATS, type Format } from './formats.js'

/** The flags of `onward compare`, as they were given; those of the training table are among them. */
export interface CompareFlags extends OwnFlags {
  readonly data?: string
  readonly dataDir?: string
  readonly seeds: number
  readonly budget?: string
  readonly weights: string
  readonly tune?: number
  readonly set?: readonly string[]
  readonly out?: string
  readonly format?: string
  readonly json?: true
}

/** What is to be compared, the data apart. */
export interface ReadRequest {
  readonly arms: readonly Arm[]
  readonly data: string
  readonly budget?: Budget
  readonly options: TrainInput['options']
  readonly weights: 'shared' | 'own'
  /** Trials of each arm. */
  readonly trials?: number
  readonly out: string
  readonly format: Format
}

/** Throws a UsageError that names the first arm or flag that is wrong, and the nearest right one. */
export async function readRequest(texts: readonly string[], flags: CompareFlags): Promise<ReadRequest> {
  const example = toType('compare', 'forward-forward', 'backprop', '--data', 'glyphs', '--seeds', '3')
  const arms: Arm[] = []
  for (const text of texts) arms.push(await readArm(text, flags.set))
  const twice = arms.find(({ name }, i) => arms.findIndex((arm) => arm.name === name) !== i)
  if (twice) throw new UsageError(`The arm ${twice.name} is named twice: arms that are equal cannot be compared.`)
  if (flags.data === undefined) throw new UsageError(`Say what to learn, as in: ${example}.`)
  if (flags.weights !== 'shared' && flags.weights !== 'own')
    throw unknownName('kind of weights', flags.weights, ['shared', 'own'])
  if (flags.json && flags.format !== undefined && flags.format !== 'json')
    throw new UsageError('--json and another --format exclude each other: leave one out.')
  const format = flags.json ? 'json' : (flags.format ?? 'text')
  if (!FORMATS.some((known) => known === format)) throw unknownName('format', format, FORMATS)
  return {
    arms,
    data: flags.data,
    ...(flags.budget !== undefined && { budget: readBudget(flags.budget) }),
    options: readTrainingFlags({ ...flags }) as TrainInput['options'],
    weights: flags.weights,
    ...(flags.tune !== undefined && { trials: flags.tune }),
    out: flags.out ?? freeFolder(flags.data),
    format: format as Format,
  }
}

/** The first `runs/compare-DATA-N` that is not there. */
function freeFolder(data: string): string {
  const name = `compare-${data.replaceAll(/[^\w.-]+/g, '-').replace(/^-+/, '')}`
  for (let number = 1; ; number++) {
    const folder = join('runs', `${name}-${number}`)
    if (!existsSync(folder)) return folder
  }
}
