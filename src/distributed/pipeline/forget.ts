import type { Transport } from '../transport.js'
import type { Manifest } from './manifest.js'
import { keysOf, limitsOf } from './names.js'
import { readStanding } from './standing.js'
import { getJson, replaceJson } from './values.js'

/** The name under which the run of a pipeline that is going on is found. */
const CURRENT = 'current'

/** Says which run is the current one, for workers that join it. */
export const nameRun = ({ values }: Transport, run: string): Promise<void> => replaceJson(values, CURRENT, run)

export const currentRun = async ({ values }: Transport): Promise<string | undefined> =>
  (await getJson<string>(values, CURRENT))?.value || undefined

/** Removes what is left of a run that was cut off: its messages and its states. */
export async function forgetRun(transport: Transport): Promise<void> {
  const run = await currentRun(transport)
  const found = run === undefined ? undefined : await getJson<Partial<Manifest>>(transport.values, keysOf(run).manifest)
  if (run === undefined || !found?.value.stages) return
  // Whoever joins while the next run is prepared must not find this one.
  await nameRun(transport, '')
  const keys = keysOf(run)
  const { window, stages, messageBytes } = found.value as Manifest
  await (await transport.stream(keys.stream, limitsOf(run, window, stages.length, messageBytes))).delete()
  for (let stage = 0; stage < stages.length; stage++) {
    // A store that was damaged may have lost some: the run is begun from its checkpoint anyway.
    const standing = (await readStanding(transport.values, run, stage))?.value
    if (!standing) continue
    const { object, epochs } = standing
    for (const name of new Set([object, keys.epoch(stage, epochs), keys.epoch(stage, epochs - 1)]))
      await transport.objects.delete(name)
  }
}
