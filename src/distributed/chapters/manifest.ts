import { z } from 'zod'
import { UserError } from '../../errors.js'
import type { Trainer } from '../../train/trainer.js'
import { getJson, putJson } from '../pipeline/values.js'
import type { Values } from '../transport.js'
import type { ChapterTask } from './tasks.js'

const port = z.object({
  name: z.string(),
  dtype: z.enum(['float32', 'int32', 'bool']),
  shape: z.array(z.int().min(0)),
})

/** What all workers of a run by chapters must agree on. */
const manifest = z.object({
  format: z.literal(1),
  mode: z.enum(['weights', 'all-layers']),
  rule: z.string(),
  /** SHA-256 of the file of the rule, where that is none of Onward's. */
  ruleFile: z.string().optional(),
  data: z.string(),
  fingerprint: z.string().optional(),
  trainingSamples: z.int().min(1),
  settings: z.object({ hyper: z.record(z.string(), z.unknown()), options: z.record(z.string(), z.unknown()) }),
  workers: z.int().min(1),
  chapters: z.int().min(1),
  /** Epochs of one chapter. */
  epochs: z.int().min(1),
  layers: z.array(z.array(port)).min(1),
})

export type ChapterManifest = z.infer<typeof manifest>

/** Of each layer, from below: the state that learns with it. */
export const layersOf = ({ plan, tensors, written }: Trainer): ChapterManifest['layers'] =>
  Array.from({ length: plan.phases }, (_, phase) => {
    const learning = written({ phase, epoch: 0, between: 0, batch: 0 })
    return tensors.flatMap(({ name, dtype, shape }) => (learning.has(name) ? [{ name, dtype, shape: [...shape] }] : []))
  })

/** Where a run keeps what belongs to it. */
export const chapterKeys = (run: string) => ({
  manifest: `${run}.manifest`,
  stop: `${run}.stop`,
  broken: `${run}.broken`,
  lease: (worker: number) => `${run}.lease.${worker}`,
  first: `${run}.first`,
  version: ({ layer, chapter }: ChapterTask) => `${run}.version.${layer}.${chapter}`,
  progress: (worker: number) => `${run}.progress.${worker}`,
})

/** Writes it; where there is one, it must say the same, and the run goes on. */
export async function agree(values: Values, run: string, own: ChapterManifest): Promise<void> {
  const key = chapterKeys(run).manifest
  const known = await getJson(values, key)
  if (!known) await putJson(values, key, own, 0)
  else if (JSON.stringify(known.value) !== JSON.stringify(own))
    throw new UserError(
      'this run was begun with other settings, other workers or another version of onward: go on with the same ones',
    )
}

export async function readChapters(values: Values, run: string): Promise<ChapterManifest> {
  const parsed = manifest.safeParse((await getJson(values, chapterKeys(run).manifest))?.value)
  if (parsed.success) return parsed.data
  throw new UserError(`${run} is no run by chapters that this version of onward knows`, { cause: parsed.error })
}
