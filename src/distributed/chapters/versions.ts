import type { TensorRecord } from '../../runtime/index.js'
import type { Scores } from '../../train/events.js'
import type { Port } from '../pipeline/cut.js'
import { decodeState, encodeState } from '../pipeline/standing.js'
import { getJson, setOnce } from '../pipeline/values.js'
import type { Transport } from '../transport.js'
import { chapterKeys } from './manifest.js'
import type { ChapterTask } from './tasks.js'

/** What is known of a layer after a chapter; its numbers lie in the object of the same name. */
export interface Version {
  readonly metrics: Scores
  /** What its worker took, in all, and with its steps alone. */
  readonly seconds: number
  readonly steps: number
}

export const versionOf = async ({ values }: Transport, run: string, task: ChapterTask): Promise<Version | undefined> =>
  (await getJson<Version>(values, chapterKeys(run).version(task)))?.value

/** Stores a version once: where somebody else was first, it is the same one. */
export async function publishVersion(
  { objects, values }: Transport,
  run: string,
  task: ChapterTask,
  ports: readonly Port[],
  state: TensorRecord,
  version: Version,
): Promise<void> {
  const key = chapterKeys(run).version(task)
  if (await values.get(key)) return
  await objects.put(key, encodeState(ports, state, {}))
  await setOnce(values, key, version)
}

/** Whether a version was made and its numbers were removed since, which happens when the next chapter is told of. */
export async function isRemoved(transport: Transport, run: string, task: ChapterTask): Promise<boolean> {
  const isMade = (await versionOf(transport, run, task)) !== undefined
  return isMade && (await transport.objects.get(chapterKeys(run).version(task))) === undefined
}

/** The numbers of a version. Throws an Error where they are gone. */
export async function fetchVersion({ objects }: Transport, run: string, task: ChapterTask): Promise<TensorRecord> {
  const key = chapterKeys(run).version(task)
  const bytes = await objects.get(key)
  if (!bytes) throw new Error(`the weights of ${key} are gone`)
  return Object.fromEntries(decodeState(bytes).state.map(({ name, data }) => [name, data]))
}
