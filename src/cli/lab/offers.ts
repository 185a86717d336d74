import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { dataSets } from '../../data/index.js'
import { loadDataSet } from '../../data/load.node.js'
import { encodeDataSet } from '../../train/data-file.js'
import { readConfig } from '../../train/run-folder.node.js'
import { placeOf } from '../commands/data.js'

/** A run that the page can open. */
export interface OfferedRun {
  readonly name: string
  readonly rule: string
  readonly data: string
}

/** What the page gets besides its own files. */
export interface Offers {
  /** Names of the data sets that are here; embedded ones the page makes itself. */
  data(): readonly string[]
  runs(): readonly OfferedRun[]
  /** A data set as a file; undefined where it is not offered. */
  dataFile(name: string): Promise<Uint8Array | undefined>
  /** The path of a run's checkpoint; undefined where it is not offered. */
  checkpoint(run: string): string | undefined
}

const CHECKPOINT = 'checkpoint.safetensors'

/** The data sets and runs of this machine, as they are whenever the page asks. Nothing is downloaded. */
export function offersHere({
  dataDir,
  runs,
}: {
  readonly dataDir?: string | undefined
  readonly runs: string
}): Offers {
  const data = (): readonly string[] =>
    dataSets.filter((entry) => 'folder' in placeOf(entry, dataDir)).map(({ name }) => name)
  const list = (): readonly OfferedRun[] =>
    existsSync(runs) ? readdirSync(runs, { withFileTypes: true }).flatMap((entry) => runIn(runs, entry.name)) : []
  return {
    data,
    runs: list,
    async dataFile(name) {
      if (!data().includes(name)) return undefined
      return encodeDataSet(await loadDataSet(name, { offline: true, ...(dataDir !== undefined && { dataDir }) }))
    },
    checkpoint: (name) => (list().some((run) => run.name === name) ? join(runs, name, CHECKPOINT) : undefined),
  }
}

/** A folder of a run by one of Onward's rules that has a checkpoint; nothing where it is none. */
function runIn(folder: string, name: string): OfferedRun[] {
  const path = join(folder, name)
  if (!existsSync(join(path, CHECKPOINT))) return []
  try {
    const { rule, data, ruleFile } = readConfig(path)
    return ruleFile ? [] : [{ name, rule, data }]
  } catch {
    // A folder that cannot be read is no run to offer.
    return []
  }
}
