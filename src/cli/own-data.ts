import { Option as Flag } from 'commander'
import { z } from 'zod'
import type { OwnOptions } from '../data/own/content.js'
import { keptProvenance } from '../data/own/provenance.js'
import { UsageError } from '../errors.js'
import { unknownName } from '../names.js'
import type { Values } from '../options/index.js'

/** The flags that tell how one's own data are to be understood, as they were given. */
export interface OwnFlags {
  readonly target?: readonly string[]
  readonly ignore?: readonly string[]
  readonly task?: string
  readonly classes?: string
  readonly size?: string
  readonly grey?: true
  readonly colour?: true
  readonly test?: string
}

const TASKS = ['class', 'labels', 'values', 'none'] as const

export const ownFlags = (): Flag[] => [
  new Flag('--target <name...>', 'own data: the columns or arrays that are to be learned'),
  new Flag('--ignore <name...>', 'own data: the columns of a table that are not to be read'),
  new Flag('--task <task>', `own data: what the targets are (${TASKS.join(', ')})`),
  new Flag('--classes <names>', 'own data: names of the classes, in the order of their labels: cat,dog'),
  new Flag('--size <size>', 'own data: height and width of the pictures: 32x32'),
  new Flag('--grey', 'own data: pictures in grey'),
  new Flag('--colour', 'own data: pictures in colour'),
  new Flag(
    '--test <share>',
    'own data: the share of the samples for the test, where no part is kept apart; default: 0.2',
  ),
]

/** Names of the flags, as a configuration file may have them. */
export const OWN_KEYS = ['target', 'ignore', 'task', 'classes', 'size', 'grey', 'colour', 'test'] as const

/** The options that the flags stand for. Throws a UsageError that says what a flag takes. */
export function readOwnFlags({ target, ignore, task, classes, size, grey, colour, test }: OwnFlags): OwnOptions {
  if (grey && colour) throw new UsageError('--grey and --colour exclude each other: leave one out.')
  return {
    ...(target && { target }),
    ...(ignore && { ignore }),
    ...(task !== undefined && { task: taskOf(task) }),
    ...(classes !== undefined && { classes: namesOf(classes) }),
    ...(size !== undefined && { size: sizeOf(size) }),
    ...(grey && { colour: 'grey' as const }),
    ...(colour && { colour: 'colour' as const }),
    ...(test !== undefined && { test: shareOf(test) }),
  }
}

const names = z.union([z.string().transform((name) => [name]), z.array(z.string())])

const configured = z.object({
  own: keptProvenance.optional(),
  target: names.optional(),
  ignore: names.optional(),
  task: z.string().optional(),
  classes: z.union([z.string(), z.array(z.string()).transform((names) => names.join(','))]).optional(),
  size: z.string().optional(),
  grey: z.literal(true).optional(),
  colour: z.literal(true).optional(),
  test: z.union([z.string(), z.number().transform(String)]).optional(),
})

/**
 * Own data as a configuration file has them, by the names of the flags or as the settings of a run keep them (`own`),
 * with the flags above these. Throws a UsageError that names the wrong one.
 */
export function configuredOwn(config: Values, flags: OwnFlags, file: string): { path?: string; options: OwnOptions } {
  const { data: own, error } = configured.safeParse(config)
  if (error) {
    const key = String(error.issues[0]!.path[0])
    throw new UsageError(`"${key}" in ${file} must be what its flag takes, not ${JSON.stringify(config[key])}.`)
  }
  const { own: kept, ...texts } = own
  const options = { ...kept?.options, ...readOwnFlags(texts as OwnFlags), ...readOwnFlags(flags) }
  return { ...(kept && { path: kept.path }), options }
}

function taskOf(text: string): NonNullable<OwnOptions['task']> {
  const task = TASKS.find((known) => known === text)
  if (task === undefined) throw unknownName('task', text, TASKS)
  return task
}

function namesOf(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => name !== '')) return names
  throw new UsageError(`--classes takes names such as cat,dog, not "${text}".`)
}

function sizeOf(text: string): [height: number, width: number] {
  const [, height, width] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/i.exec(text.trim()) ?? []
  const size: [number, number] = [Number(height), Number(width ?? height)]
  if (size.every((length) => length >= 1)) return size
  throw new UsageError(`--size takes height and width, such as 32x32, not "${text}".`)
}

function shareOf(text: string): number {
  const share = text.trim().endsWith('%') ? Number(text.trim().slice(0, -1)) / 100 : Number(text || Number.NaN)
  if (share > 0 && share < 1) return share
  throw new UsageError(`--test takes a share of the samples above 0 and below 1, such as 0.2, not "${text}".`)
}
