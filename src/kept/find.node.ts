import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError, UserError } from '../errors.js'
import { isComparison } from './comparison.node.js'
import { type KeptRun, readKeptRun } from './run.node.js'

/** Folders are looked into so far below those that were named; a comparison keeps runs three below its own. */
const [DEPTH, COMPARED] = [4, 3]

export interface FoundRuns {
  readonly runs: readonly KeptRun[]
  /** Folders that look like runs and could not be read, and why. */
  readonly damaged: readonly { readonly path: string; readonly message: string }[]
}

/** The runs in folders and below them, by their paths. Throws a UsageError for what is no folder. */
export function findRuns(folders: readonly string[]): FoundRuns {
  const runs = new Map<string, KeptRun>()
  const damaged: { path: string; message: string }[] = []
  const look = (folder: string, depth: number): void => {
    if (existsSync(join(folder, 'config.json'))) {
      try {
        runs.set(folder, readKeptRun(folder))
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        // Other programs have files of that name.
        if (existsSync(join(folder, 'checkpoint.safetensors'))) damaged.push({ path: folder, message: error.message })
      }
    }
    const left = isComparison(folder) ? Math.max(depth, COMPARED) : depth
    if (left > 0) for (const below of foldersIn(folder)) look(join(folder, below), left - 1)
  }
  for (const folder of folders) {
    if (!existsSync(folder))
      throw new UsageError(`There is no folder ${folder}: name a run, or a folder that holds some.`)
    if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file: name a run, or a folder of runs.`)
    look(folder, DEPTH)
  }
  return { runs: [...runs.values()], damaged }
}

/** Links are not followed: they may lead in circles. */
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    const isOwn = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules'
    return entries.flatMap((entry) => (entry.isDirectory() && isOwn(entry.name) ? [entry.name] : [])).sort()
  } catch {
    return []
  }
}
