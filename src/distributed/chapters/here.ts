import type { DataSet } from '../../data/index.js'
import { resolvedOptions } from '../../train/options.js'
import { openTrainer } from '../../train/trainer.js'
import { checkCut, samePorts, trainingOf } from '../pipeline/agreed.js'
import type { Port } from '../pipeline/cut.js'
import type { WorkerGiven } from '../pipeline/here.js'
import type { Ending, StageOptions } from '../pipeline/worker.js'
import type { Transport } from '../transport.js'
import { type ChapterManifest, layersOf, readChapters } from './manifest.js'
import { workOnChapters } from './worker.js'

type Given = WorkerGiven & { readonly data: DataSet }

/**
 * One worker of a run by chapters, from its manifest to its end. It has all the data. Throws a UserError where this machine
 * would compute something else.
 */
export async function chapterWorker(
  transport: Transport,
  where: Omit<StageOptions, 'times'>,
  { times, rule, platform, data }: Given,
): Promise<Ending> {
  const manifest = await readChapters(transport.values, where.run)
  const settings = { ...manifest.settings, options: resolvedOptions.parse(manifest.settings.options) }
  trainingOf(data, manifest, settings.options)
  const trainer = await openTrainer({ rule, data, platform, settings })
  try {
    const layers = layersOf(trainer)
    const isSame = (own: readonly Port[], i: number): boolean => samePorts(own, manifest.layers[i] ?? [])
    checkCut(manifest.rule, layers.length === manifest.layers.length && layers.every(isSame))
    return await workOnChapters(transport, manifest, trainer, { ...where, times })
  } finally {
    await trainer.close()
  }
}

/** All workers of a run in this process. */
export const chaptersHere =
  (connect: () => Transport, given: Given) =>
  async (run: string, { workers }: ChapterManifest, signal: AbortSignal): Promise<void> => {
    await Promise.all(
      Array.from({ length: workers }, async (_, stage) => {
        const transport = connect()
        try {
          await chapterWorker(transport, { run, stage, holder: `worker ${stage}`, signal }, given)
        } finally {
          await transport.close()
        }
      }),
    )
  }
