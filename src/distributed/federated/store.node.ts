import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../errors.js'

/** What a federation keeps in the folder of its run. */
export const storeOf = (run: string): string => join(run, 'federated')

export const SETTINGS = 'settings.json'

/** Throws a UsageError where a run was trained over clients: elsewhere it would go on with the data of all, together. */
export function checkPooled(run: string): void {
  if (existsSync(join(storeOf(run), SETTINGS)))
    throw new UsageError(
      `${run} was trained over clients, each on its own data: go on with onward up federated --resume ${run}`,
    )
}
