import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DataSet, Samples, Split } from '../../../data/index.js'
import { type DataOptions, loadData } from '../../../data/own/own.node.js'
import type { ReadAs } from '../../../data/own/provenance.js'
import { tableEncoding } from '../../../data/own/table-inputs.js'
import { UsageError, UserError } from '../../../errors.js'
import { show } from '../../../graph/types.js'
import { isWord } from '../../subjects.js'

/** The names of the clients, whose data lie in one folder of `folder` each. */
export function clientFolders(folder: string): string[] {
  if (!existsSync(folder))
    throw new UsageError(`There is no folder ${folder}: name one that holds a folder for each client`)
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
  if (names.length === 0) throw new UsageError(`${folder} holds no folders: each client's data lie in one of its own`)
  const wrong = names.find((name) => !isWord(name))
  if (wrong !== undefined)
    throw new UsageError(`${join(folder, wrong)}: a client's name takes letters, digits, - and _ alone`)
  return names
}

/**
 * The data of each client, read as one's own data are, all of them for training. They take the form of the coordinator's
 * data set, `reference`: its sizes, scales and names of classes. Throws a UserError where they cannot.
 */
export async function clientsIn(
  folder: string,
  reference: DataSet,
  load: DataOptions = {},
): Promise<Map<string, DataSet>> {
  const clients = new Map<string, DataSet>()
  for (const name of clientFolders(folder)) clients.set(name, await clientData(join(folder, name), reference, load))
  return clients
}

/** What clients have to know of the coordinator's data to read theirs in the same form. */
export type Reference = Samples & {
  readonly test?: Split
  /** How they were read, where they are its own. */
  readonly own?: ReadAs
}

/** The data in one folder, in the form of the reference; its test samples are nobody's business here. */
export async function clientData(path: string, reference: Reference, load: DataOptions = {}): Promise<DataSet> {
  const { shape, levels } = reference.input
  const isPicture = shape.length === 3 && levels !== undefined
  const form = isPicture && {
    size: [shape[1]!, shape[2]!] as [number, number],
    colour: shape[0] === 1 ? ('grey' as const) : ('colour' as const),
  }
  const classes = reference.target.kind === 'class' && { amongClasses: reference.names }
  const own = await named(path, loadData(path, { ...load, ...form, ...classes, ...readingAs(reference), name: path }))
  if (show(own.input.shape) !== show(shape) || own.input.levels !== levels)
    throw new UserError(
      `${path} holds inputs of ${show(own.input.shape)}, and the coordinator's are ${show(shape)}: bring them into that form`,
    )
  if (own.target.kind !== reference.target.kind)
    throw new UserError(`${path} has ${own.target.kind}, and the coordinator's data have ${reference.target.kind}`)
  const [theirs, ours] = [own.names, reference.names]
  // One alone may be called as it likes.
  if (theirs.length !== ours.length || (ours.length > 1 && theirs.some((name, i) => name !== ours[i])))
    throw new UserError(
      `${path} has the targets ${theirs.join(', ')}, and the coordinator's data have ${ours.join(', ')}: bring them into that form`,
    )
  const { inputScale, targetScale, target, input, names, ground } = reference
  return {
    ...{ name: own.name, input, target, names, test: reference.test ?? none(own.test) },
    ...(inputScale && { inputScale }),
    ...(targetScale && { targetScale }),
    ...(ground && { ground }),
    train: joined(own.train, own.test),
  }
}

/** How to read a client's data as the reference was read: a table by its columns, arrays by the choice of their target. */
function readingAs({ input, target, names, own }: Reference): DataOptions {
  if (!own) return {}
  const { target: chosen, task, ignore } = own.options
  const encoding = tableEncoding.safeParse(own.encoding)
  if (encoding.success) return { like: { input, target, names, encoding: encoding.data, ignore } }
  return { ...(chosen && { target: chosen }), ...(task && { task }) }
}

/** What is wrong with the data of a client is told with where they are. */
async function named<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof UserError) || error.message.includes(path)) throw error
    throw new UserError(`${path}: ${error.message}`, { cause: error })
  }
}

const none = ({ inputs, targets }: Split): Split => ({
  ...{ inputs: inputs.slice(0, 0), count: 0 },
  ...(targets && { targets: targets.slice(0, 0) }),
})

/** Both splits as one. */
function joined(a: Split, b: Split): Split {
  const both = <T extends Split['inputs'] | NonNullable<Split['targets']>>(x: T, y: T): T => {
    const all = new (x.constructor as new (length: number) => T)(x.length + y.length)
    all.set(x as never, 0)
    all.set(y as never, x.length)
    return all
  }
  return {
    inputs: both(a.inputs, b.inputs),
    ...(a.targets && b.targets && { targets: both(a.targets, b.targets) }),
    count: a.count + b.count,
  }
}
