import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs'
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

/** Numbers in names count as such: 2 before 10. */
const byName = new Intl.Collator('en', { numeric: true })

/** A folder of pictures: a sub-folder a class, in `train` and `test` above them where they exist. */
export const folderReader: Reader = {
  format: 'folders of pictures',
  recognises: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true && holdsPicture(path, 3),
  read: (path, options) => Promise.resolve(readFolder(path, options)),
}

/** Entries of a folder that count, links followed. Throws a UserError where the folder cannot be read. */
function entriesOf(path: string): { readonly files: string[]; readonly folders: string[] } {
  let entries: Dirent[]
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch (cause) {
    throw new UserError(`The folder ${path} cannot be read (${reason(cause)}); check that you may.`, { cause })
  }
  const files: string[] = []
  const folders: string[] = []
  for (const entry of entries) {
    if (SILENT.test(entry.name)) continue
    const own = entry.isSymbolicLink() ? statSync(join(path, entry.name), { throwIfNoEntry: false }) : entry
    if (own?.isDirectory()) folders.push(entry.name)
    else if (own?.isFile()) files.push(entry.name)
  }
  return { files: files.sort(byName.compare), folders: folders.sort(byName.compare) }
}

function holdsPicture(path: string, depth: number): boolean {
  const { files, folders } = entriesOf(path)
  if (files.some((name) => PICTURE_NAME.test(name))) return true
  return depth > 0 && folders.some((name) => holdsPicture(join(path, name), depth - 1))
}

/** Pictures in a folder and below it; `others` counts the files that are none. */
function picturesBelow(path: string, depth: number, seen: ReadonlySet<string>): { paths: string[]; others: number } {
  const real = realpathSync(path)
  // A link to a folder above would lead around for ever.
  const isAbove = [...seen].some((own) => own === real || own.startsWith(`${real}${sep}`))
  if (depth < 0 || isAbove) return { paths: [], others: 0 }
  const { files, folders } = entriesOf(path)
  const paths = files.filter((name) => PICTURE_NAME.test(name)).map((name) => join(path, name))
  let others = files.length - paths.length
  for (const name of folders) {
    const below = picturesBelow(join(path, name), depth - 1, new Set([...seen, real]))
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

/** The pictures of one part: a sub-folder a class, or no sub-folders and no class. */
function readPart(path: string, wanted: readonly string[] | undefined): Part {
  const { files, folders } = entriesOf(path)
  const loose = files.filter((name) => PICTURE_NAME.test(name))
  const below = folders.map((name) => ({
    name,
    ...picturesBelow(join(path, name), DEPTH, new Set([realpathSync(path)])),
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
  return {
    files: chosen.flatMap(({ name, paths }) => paths.map((own) => ({ path: own, label: name }))),
    classes: chosen.map(({ name }) => name),
    notes: told([
      ...(loose.length > 0 ? [`${loose.length} pictures beside the folders of classes in ${path} are left out`] : []),
      ...(empty.length > 0 ? [`folders without pictures are no classes: ${empty.join(', ')}`] : []),
    ]),
  }
}

/** What is found in a folder, as the reader gives it. */
export function readFolder(path: string, { classes: wanted }: OwnOptions): Found<Pictures> {
  const { folders } = entriesOf(path)
  const parts = new Map(
    folders.flatMap((name) => {
      const part = PARTS[name.toLowerCase()]
      return part ? [[part, name] as const] : []
    }),
  )
  const train = parts.get('train')
  if (train === undefined) return found(path, readPart(path, wanted))
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
