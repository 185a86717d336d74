import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UserError } from '../errors.js'
import { fileError } from '../files.node.js'
import { awaitFolder, holderOf, lockFolder, type Waiting } from '../lock.node.js'
import { readConfig } from '../train/run-folder.node.js'

/** What Onward writes into the folder of a run: files by name, and folders with the files that it writes there. */
const FILES = [
  /^(config|environment|pipeline)\.json$/,
  /^metrics\.(jsonl|csv)$/,
  /^(checkpoint|model)\.safetensors$/,
  /^model\.onnx$/,
  /^report\.html$/,
  /^events\.out\.tfevents\.\d+\.onward$/,
  /\.[0-9a-f]{8}\.part$/,
]
const FOLDERS: Readonly<Record<string, RegExp>> = {
  samples: /\.png$/,
  huggingface: /^(README\.md|config\.json|model\.(safetensors|onnx))$/,
  // What a broker and the clients of a federation keep has many names.
  federated: /./,
  broker: /./,
}

export interface Deletion {
  readonly path: string
  /** Files of the run, by their paths in its folder. */
  readonly files: readonly string[]
  readonly bytes: number
  /** What else lies in the folder: it stays. */
  readonly left: readonly string[]
}

/**
 * What would go with a run. Waits where it cannot be seen whether the process that holds its lock lives. Throws a
 * UserError where the folder holds no run, is a link, or is in use.
 */
export async function planDeletion(path: string, waiting: Waiting = {}): Promise<Deletion> {
  checkRun(path)
  await awaitFolder(path, waiting)
  checkFree(path)
  return listOf(path)
}

function checkRun(path: string): void {
  // With a slash at its end a link is the folder that it leads to.
  if (lstatSync(resolve(path), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new UserError(`${path} is a link: name the folder that it leads to`)
  readConfig(path)
}

function checkFree(path: string): void {
  const holder = holderOf(path)
  if (holder !== undefined) throw new UserError(`${path} is in use by ${holder}: stop that training first`)
}

/** Deletes a run: its own files, and its folder if nothing else is in it. Throws as `planDeletion` does, and waits for nobody. */
export function deleteRun(path: string): Deletion {
  checkRun(path)
  checkFree(path)
  const lock = lockFolder(path)
  let deletion: Deletion
  try {
    deletion = listOf(path)
    // The settings go last: what is left of a deletion that was cut off is still known as a run.
    const order = deletion.files.toSorted((a, b) => Number(a === SETTINGS) - Number(b === SETTINGS))
    for (const name of order) rmSync(join(path, name), { force: true })
  } catch (error) {
    throw fileError(`${path} could not be deleted`, error)
  } finally {
    lock.release()
  }
  for (const name of Object.keys(FOLDERS))
    if (lstatSync(join(path, name), { throwIfNoEntry: false })?.isDirectory()) removeEmpty(join(path, name))
  if (readdirSync(path).length === 0) rmdirSync(resolve(path))
  return deletion
}

const SETTINGS = 'config.json'

function listOf(path: string): Deletion {
  const files: string[] = []
  const left: string[] = []
  for (const { name, ...entry } of entriesOf(path)) {
    const inside = FOLDERS[name]
    if (entry.isFolder && inside)
      for (const place of filesBelow(join(path, name)))
        (inside.test(basename(place)) ? files : left).push(join(name, place))
    else if (!entry.isFolder && FILES.some((own) => own.test(name))) files.push(name)
    else if (name !== 'lock') left.push(name)
  }
  const bytes = files.reduce((sum, name) => sum + lstatSync(join(path, name)).size, 0)
  return { path, files, bytes, left }
}

const entriesOf = (folder: string): { name: string; isFolder: boolean }[] =>
  readdirSync(folder, { withFileTypes: true }).map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))

const filesBelow = (folder: string): string[] =>
  entriesOf(folder).flatMap(({ name, isFolder }) =>
    isFolder ? filesBelow(join(folder, name)).map((place) => join(name, place)) : [name],
  )

/** Removes a folder and those in it, as far as no file is left in them. */
function removeEmpty(folder: string): void {
  for (const { name, isFolder } of entriesOf(folder)) if (isFolder) removeEmpty(join(folder, name))
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}
