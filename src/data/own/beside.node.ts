import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UsageError } from '../../errors.js'
import type { Arrays, Found, OwnOptions, Reader, ReadProgress } from './content.js'
import { readHead } from './file.node.js'
import { type Role, roleOf } from './names.js'

/**
 * Reads a file of arrays and those beside it that belong to it by their usual names: its labels (y.npy beside x.npy),
 * and the counterparts for testing (t10k-images beside train-images). A file that keeps both itself is read alone.
 */
export async function readArrays(
  reader: Reader,
  path: string,
  options: OwnOptions,
  progress?: ReadProgress,
): Promise<Found> {
  const found = await reader.read(path, options, progress)
  if (found.train.kind !== 'arrays' || found.test) return found
  const isAlone = found.train.arrays.length === 1
  const own = { ...found, train: found.train }
  if (!isAlone && found.train.arrays.some(({ name }) => roleOf(name).part === 'test')) return own
  const beside = await namesakes(reader, path)
  const read = async (part: 'train' | 'test', images: string | undefined): Promise<Arrays | undefined> => {
    const labels = isAlone && options.task !== 'none' ? pick(beside, path, part, 'target') : undefined
    if (images === undefined || (isAlone && part === 'test' && hasLabels(beside, path, options) && !labels))
      return undefined
    const files = [images, ...(labels === undefined ? [] : [labels])]
    const arrays: Arrays[] = []
    for (const file of files) {
      const content = file === path ? found.train : (await reader.read(file, options, progress)).train
      if (content.kind === 'arrays') arrays.push(content)
    }
    const all = arrays.flatMap((content) => content.arrays)
    if (!isAlone) return { ...arrays[0]!, arrays: all }
    // Their files name them: their own names may be arr_0 both.
    const named = all.map((array, i) => ({
      ...array,
      name: basename(files[i]!).replace(/(?<=.)(\.[A-Za-z]\w*)+$/, ''),
    }))
    return { ...arrays[0]!, arrays: named }
  }
  if (isAlone && roleOf(basename(path)).what === 'target')
    throw new UsageError(`${path} holds targets by its name: name the file of the inputs; this one is found beside it.`)
  const train = (await read('train', path))!
  const isTest = roleOf(basename(path)).part === 'test'
  const held = isTest ? undefined : pick(beside, path, 'test', isAlone ? 'input' : undefined)
  const test = await read('test', held)
  const notes = held !== undefined && !test ? [`${held} has no targets beside it: not used`] : []
  return { ...own, train, ...(test && { test }), notes: [...(found.notes ?? []), ...notes] }
}

/** Files of the same format in the same folder whose names differ by usual words alone. */
async function namesakes(reader: Reader, path: string): Promise<readonly string[]> {
  const { stem } = roleOf(basename(path))
  const isPacked = path.endsWith('.gz')
  const all = readdirSync(dirname(path)).filter((name) => roleOf(name).stem === stem && name !== basename(path))
  // Where a file is there packed and unpacked, the one that is as the named file is.
  const names = all.filter((name) => name.endsWith('.gz') === isPacked || !all.includes(otherOf(name)))
  const files: string[] = []
  for (const file of names.map((name) => join(dirname(path), name)))
    if (statSync(file).isFile() && reader.recognises(file, await readHead(file))) files.push(file)
  return files
}

const otherOf = (name: string): string => (name.endsWith('.gz') ? name.slice(0, -3) : `${name}.gz`)

/** The one file of that part and meaning, for the file at `path`. */
function pick(
  files: readonly string[],
  path: string,
  part: 'train' | 'test',
  what: 'input' | 'target' | undefined,
): string | undefined {
  const own = roleOf(basename(path))
  const fits = files.filter((file) => {
    const role = roleOf(basename(file))
    const samePart = part === 'test' && own.part !== 'test' ? role.part === 'test' : role.part === own.part
    return samePart && (what === 'target' ? role.what === 'target' : role.what === own.what)
  })
  if (fits.length > 1)
    throw new UsageError(`${fits.join(' and ')} both seem to belong to ${path}: leave one of them in that folder.`)
  return fits[0]
}

const hasLabels = (files: readonly string[], path: string, { task }: OwnOptions): boolean =>
  task !== 'none' && pick(files, path, 'train', 'target') !== undefined

/**
 * The file to begin with in a folder of files: the inputs for training. Throws a UsageError where there is none, or
 * more than one.
 */
export async function firstFileIn(folder: string, readers: readonly Reader[]): Promise<string> {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
  const files: string[] = []
  for (const name of names) {
    const path = join(folder, name)
    if (!statSync(path).isFile() || (name.endsWith('.gz') && names.includes(name.slice(0, -3)))) continue
    const head = await readHead(path)
    if (readers.some((reader) => reader.recognises(path, head))) files.push(path)
  }
  const inputsOf = (wanted: (part: Role['part']) => boolean): string[] =>
    files.filter((path) => {
      const { what, part } = roleOf(basename(path))
      return what !== 'target' && wanted(part)
    })
  const training = inputsOf((part) => part !== 'test' && part !== 'validation')
  const inputs = training.length > 0 ? training : inputsOf((part) => part === 'test')
  if (inputs.length === 1) return inputs[0]!
  if (inputs.length > 1)
    throw new UsageError(
      `${folder} holds more than one file that may be meant: name one of ${inputs.map((path) => basename(path)).join(', ')}.`,
    )
  const folders = names.filter((name) => statSync(join(folder, name)).isDirectory())
  if (files.length === 0 && folders.length === 1) return await firstFileIn(join(folder, folders[0]!), readers)
  if (files.length === 1) return files[0]!
  throw new UsageError(
    `${folder} holds nothing that can be read as data: ${readers.map(({ format }) => format).join(', ')}.`,
  )
}
