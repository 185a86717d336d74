import { UserError } from '../../errors.js'
import type { Trainer } from '../../train/trainer.js'
import { type Held, takeLease } from '../pipeline/lease.js'
import { decodeState } from '../pipeline/standing.js'
import { getJson, setOnce } from '../pipeline/values.js'
import type { Ending, StageOptions } from '../pipeline/worker.js'
import type { Transport } from '../transport.js'
import { type ChapterManifest, chapterKeys } from './manifest.js'
import { brakeOf, type ChapterTask, sourcesOf, tasksOf } from './tasks.js'
import { fetchVersion, publishVersion, versionOf } from './versions.js'

/** Between two looks at what others have published, ms. */
const LOOK = 50

/**
 * Does the tasks of one worker. What is published already is not done again, so that another worker can take over at any
 * moment: a crash costs one layer of one chapter.
 */
export async function workOnChapters(
  transport: Transport,
  manifest: ChapterManifest,
  trainer: Trainer,
  { run, stage, holder, dead, signal, times }: StageOptions,
): Promise<Ending> {
  const { values, objects } = transport
  const keys = chapterKeys(run)
  const lease = await takeLease(values, keys.lease(stage), { holder, dead }, signal, times)
  if (!lease) return 'left'
  const stop = AbortSignal.any([signal, lease.lost])
  try {
    const bytes = await objects.get(keys.first)
    if (!bytes) throw new UserError(`the first state of the run ${run} is gone: start it anew`)
    const first = Object.fromEntries(decodeState(bytes).state.map(({ name, data }) => [name, data]))
    const { mode, workers, chapters, epochs, layers } = manifest
    for (const task of tasksOf(mode, stage, { workers, layers: layers.length, chapters })) {
      if (await versionOf(transport, run, task)) continue
      const brake = brakeOf(task, layers.length)
      for (const source of [...sourcesOf(task), ...(brake ? [brake] : [])])
        if (!(await isThere(transport, run, source, stop))) return endOf(lease)
      const begin = performance.now()
      const state = { ...first }
      for (const source of sourcesOf(task)) Object.assign(state, await fetchVersion(transport, run, source))
      await trainer.load(state)
      const at = { phase: task.layer, epoch: task.chapter * epochs, between: 0, batch: 0 }
      const { metrics, steps, notFinite } = await trainer.run(at, epochs * trainer.plan.batches)
      if (notFinite !== undefined) {
        await setOnce(values, keys.broken, { what: notFinite })
        return 'broken'
      }
      if (stop.aborted) return endOf(lease)
      const seconds = (performance.now() - begin) / 1000
      const own = layers[task.layer]!
      await publishVersion(transport, run, task, own, await trainer.read(), { metrics, seconds, steps })
    }
    return 'over'
  } finally {
    await lease.release()
  }
}

function endOf(lease: Held): Ending {
  if (lease.lost.aborted) throw lease.lost.reason
  return 'left'
}

/** Waits for a version; false where the signal or the end of the run came first. */
async function isThere(transport: Transport, run: string, task: ChapterTask, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await versionOf(transport, run, task)) return true
    const stop = await getJson<boolean>(transport.values, chapterKeys(run).stop)
    if (stop?.value) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK))
  }
  return false
}
