import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { UsageError, UserError } from '../../../errors.js'
import { reason } from '../../../files.node.js'
import { PICTURE_NAME } from '../../picture-formats.js'
import type { Found, OwnOptions, Pictures, Reader } from '../content.js'

type File = Pictures['files'][number]

/** Names of the folders that keep parts apart. */
const PARTS: Readonly<Record<string, 'train' | 'test' | 'validation'>> = {
  ...{ train: 'train', training: 'train', test: 'test', testing: 'test' },
  ...{ val: 'validation', valid: 'validation', validation: 'validation' },
}

/** What systems put into folders by themselves: of these nothing is said. */
const SILENT = /^(\.|thumbs\.db$|desktop\.ini$|__macosx$)/i

/** So deep are the pictures of a class looked for. */
const DEPTH = 8

const { compare } = new Intl.Collator('en', { numeric: true })

/** Numbers in names count as such: 2 before 10. Names that count the same, 1 and 01, come in the order of their letters. */
const byName = (a: string, b: string): number => compare(a, b) || (a < b ? -1 : Number(a > b))

/** A folder of pictures: a sub-folder a class, in `train` and `test` above them where they exist. */
export const folderReader: Reader = {
  format: 'folders of pictures',
  recognises: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true && holdsPicture(path, 3),
  read: (path, options) => Promise.resolve(readFolder(path, options)),
}

const unreadable = (path: string, cause: unknown): UserError =>
  new UserError(`The folder ${path} cannot be read (${reason(cause)}); check that you may.`, { cause })

/** Entries of a folder that count, links followed. Throws a UserError where the folder cannot be read. */
function entriesOf(path: string): { readonly files: string[]; readonly folders: string[] } {
  let entries: Dirent[]
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch (cause) {
    throw unreadable(path, cause)
  }
  const files: string[] = []
  const folders: string[] = []
  for (const entry of entries) {
    if (SILENT.test(entry.name)) continue
    const own = entry.isSymbolicLink() ? followed(join(path, entry.name)) : entry
    if (own?.isDirectory()) folders.push(entry.name)
    else if (own?.isFile()) files.push(entry.name)
  }
  return { files: files.sort(byName), folders: folders.sort(byName) }
}

/** Where a link leads; undefined where that is nowhere, or around in a circle. */
function followed(link: string): Stats | undefined {
  try {
    return statSync(link)
  } catch {
    return undefined
  }
}

/** Where a folder lies without links. Throws a UserError where that cannot be found out. */
function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Whether a picture lies in a folder or below it; no folder is looked into twice, whatever links lead there. */
function holdsPicture(path: string, depth: number, visited = new Set<string>()): boolean {
  if (isAgain(path, visited)) return false
  const { files, folders } = entriesOf(path)
  if (files.some((name) => PICTURE_NAME.test(name))) return true
  return depth > 0 && folders.some((name) => holdsPicture(join(path, name), depth - 1, visited))
}

const isAgain = (path: string, visited: Set<string>): boolean => visited.size === visited.add(realOf(path)).size

/** Pictures in a folder and below it, those of each folder once; `others` counts the files that are none. */
function picturesBelow(
  path: string,
  depth: number,
  above: readonly string[],
  visited: Set<string>,
): { paths: string[]; others: number } {
  const real = realOf(path)
  // A link to a folder above would lead around for ever.
  const isAbove = above.some((own) => own === real || own.startsWith(`${real}${sep}`))
  if (depth < 0 || isAbove || isAgain(path, visited)) return { paths: [], others: 0 }
  const { files, folders } = entriesOf(path)
  const paths = files.filter((name) => PICTURE_NAME.test(name)).map((name) => join(path, name))
  let others = files.length - paths.length
  for (const name of folders) {
    const below = picturesBelow(join(path, name), depth - 1, [...above, real], visited)
    paths.push(...below.paths)
    others += below.others
  }
  return { paths, others }
}

interface Part {
  readonly files: readonly File[]
  /** Absent where there are no sub-folders of pictures. */
  readonly classes?: readonly string[]
  readonly notes: readonly string[]
}

/** The pictures of one part: a sub-folder a class (those that are `wanted`), or no sub-folders and no class. */
function readPart(path: string, wanted: readonly string[] | undefined): Part {
  const { files, folders } = entriesOf(path)
  const loose = files.filter((name) => PICTURE_NAME.test(name))
  const below = folders.map((name) => ({
    name,
    ...picturesBelow(join(path, name), DEPTH, [realOf(path)], new Set()),
  }))
  const full = below.filter(({ paths }) => paths.length > 0)
  let others = files.length - loose.length + below.reduce((sum, { others }) => sum + others, 0)
  const told = (notes: readonly string[]): string[] => [
    ...notes,
    ...(others > 0
      ? [`${others} ${others === 1 ? 'file' : 'files'} in ${path} that are no pictures are left out`]
      : []),
  ]
  if (full.length === 0) return { files: loose.map((name) => ({ path: join(path, name) })), notes: told([]) }
  const missing = wanted?.find((name) => !full.some((own) => own.name === name))
  if (missing !== undefined)
    throw new UsageError(
      `${path} has no folder of pictures named ${missing}; its folders are ${full.map(({ name }) => name).join(', ')}.`,
    )
  const chosen = wanted ? wanted.map((name) => full.find((own) => own.name === name)!) : full
  others = files.length - loose.length + chosen.reduce((sum, own) => sum + own.others, 0)
  const empty = below.filter(({ paths }) => paths.length === 0).map(({ name }) => name)
  const unwanted = full.filter((own) => !chosen.includes(own)).map(({ name }) => name)
  return {
    files: chosen.flatMap(({ name, paths }) => paths.map((own) => ({ path: own, label: name }))),
    classes: chosen.map(({ name }) => name),
    notes: told([
      ...(loose.length > 0 ? [`${loose.length} pictures beside the folders of classes in ${path} are left out`] : []),
      ...(unwanted.length > 0 ? [`--classes leaves these folders out: ${unwanted.join(', ')}`] : []),
      ...(empty.length > 0 ? [`folders without pictures are no classes: ${empty.join(', ')}`] : []),
    ]),
  }
}

/** The folders that keep parts apart. Throws a UsageError where two of them say that they are the same part. */
function partsOf(path: string, folders: readonly string[]): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  for (const name of folders) {
    const part = PARTS[name.toLowerCase()]
    if (part === undefined) continue
    const other = parts.get(part)
    if (other !== undefined)
      throw new UsageError(`${path} has the folders ${other} and ${name}, and each may be the same part: keep one.`)
    parts.set(part, name)
  }
  return parts
}

/**
 * Whether the folder `train` is a class, as it is among vehicles. Throws a UsageError where that cannot be seen: it has
 * no folders of classes itself, and others beside it hold pictures as well.
 */
function isClass(path: string, train: string, folders: readonly string[], task: OwnOptions['task']): boolean {
  const below = join(path, train)
  if (entriesOf(below).folders.some((name) => holdsPicture(join(below, name), DEPTH))) return false
  const other = folders.find((name) => !PARTS[name.toLowerCase()] && holdsPicture(join(path, name), DEPTH))
  if (other === undefined || task === 'none') return false
  if (task === 'class') return true
  throw new UsageError(
    `${path}: ${train} holds pictures without folders of classes, and so does ${other} beside it. Say --task class if ` +
      `these are classes, or --task none if ${train} alone is to be learned.`,
  )
}

/** What is found in a folder, as the reader gives it. */
export function readFolder(path: string, { classes: wanted, task }: OwnOptions): Found<Pictures> {
  if (wanted && new Set(wanted).size !== wanted.length) throw new UsageError('--classes names a class twice.')
  const { folders } = entriesOf(path)
  const parts = partsOf(path, folders)
  const train = parts.get('train')
  if (train === undefined || isClass(path, train, folders, task)) return found(path, readPart(path, wanted))
  const [test, validation] = [parts.get('test'), parts.get('validation')]
  const held = test ?? validation
  const notes = [
    ...(test === undefined && validation !== undefined ? [`${validation} is taken for the test part`] : []),
    ...(test !== undefined && validation !== undefined
      ? [`${validation} is left out: a validation part is held out of ${train}`]
      : []),
    ...folders
      .filter((name) => !PARTS[name.toLowerCase()])
      .map((name) => `the folder ${name} beside ${train} is left out`),
  ]
  const own = readPart(join(path, train), wanted)
  const other = held === undefined ? undefined : readPart(join(path, held), undefined)
  if (!other || other.files.length === 0) return found(path, own, undefined, notes)
  if ((own.classes === undefined) !== (other.classes === undefined))
    throw new UsageError(
      `${path}: one of ${train} and ${held} has a folder for each class, and the other has none: give both the same.`,
    )
  const chosen = wanted ? other.files.filter(({ label }) => wanted.includes(label!)) : other.files
  return found(path, own, { ...other, files: chosen }, notes)
}

function found(path: string, train: Part, test?: Part, notes: readonly string[] = []): Found<Pictures> {
  if (train.files.length === 0)
    throw new UsageError(`${path} holds no pictures to train on: put them there, in a folder for each class.`)
  const { classes } = train
  const kind = classes ? `a folder of pictures in ${classes.length} classes` : 'a folder of pictures without classes'
  const unknown = test?.files.find(({ label }) => label !== undefined && !classes?.includes(label))
  if (unknown)
    throw new UsageError(
      `${relative(path, unknown.path)} is of the class ${unknown.label}, which ${basename(path)} has no training pictures of.`,
    )
  return {
    what: kind,
    train: { kind: 'pictures', files: train.files },
    ...(test && { test: { kind: 'pictures', files: test.files } }),
    notes: [...notes, ...train.notes, ...(test?.notes ?? [])],
  }
}
