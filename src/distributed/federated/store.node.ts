import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError, UserError } from '../../errors.js'
import { readJson, replaceFile } from '../../files.node.js'
import { FEDERATED, RUN_FILES } from '../../train/run-files.js'
import { toJson } from './names.js'

/** What a federation keeps in the folder of its run. */
export const storeOf = (run: string): string => join(run, FEDERATED.folder)

/** How the federation of a run was started; a run without that file was not trained over clients. */
export const settingsFile = (store: string): string => join(store, FEDERATED.settings)

export const isFederated = (run: string): boolean => existsSync(settingsFile(storeOf(run)))

/** Beside the settings: names of tensors that stayed with the clients, of which the run has the first numbers alone. */
export const keepStays = (store: string, stays: readonly string[]): void =>
  replaceFile(join(store, FEDERATED.stays), toJson(stays))

/** What of the network in a run was never trained there, since it stayed with clients. */
export function staysOf(run: string): readonly string[] {
  const path = join(storeOf(run), FEDERATED.stays)
  return existsSync(path) ? (readJson(path) as string[]) : []
}

/** Throws a UsageError where a run was trained over clients: elsewhere it would go on with the data of all, together. */
export function checkPooled(run: string): void {
  if (isFederated(run))
    throw new UsageError(
      `${run} was trained over clients, each on its own data: go on with onward up federated --resume ${run}`,
    )
}

/** Throws a UserError where a federation ended before its run kept anything, as on a full disk: its logs alone are there. */
export function checkBegun(run: string): void {
  if (existsSync(storeOf(run)) && !existsSync(join(run, RUN_FILES.config)))
    throw new UserError(
      `nothing was kept of the federation in ${run}, which ended before its first checkpoint: start it anew; the folder may be used again`,
    )
}
