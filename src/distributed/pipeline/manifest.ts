import { z } from 'zod'
import { UserError } from '../../errors.js'
import type { Position } from '../../train/plan.js'
import type { Values } from '../transport.js'
import { keysOf } from './names.js'
import { getJson, putJson } from './values.js'

const FORMAT = 1

const port = z.object({
  name: z.string(),
  dtype: z.enum(['float32', 'int32', 'bool']),
  shape: z.array(z.int().min(0)),
})

const stage = z.object({
  /** The names of its blocks, from below. */
  blocks: z.array(z.string()).min(1),
  /** Its state. */
  tensors: z.array(port),
  /** By step: what comes up to it. */
  takes: z.record(z.string(), z.array(port)),
})

const count = z.int().min(0)

/** What all workers of a run must agree on: written once, before the first worker begins. */
const manifest = z.object({
  format: z.literal(FORMAT),
  rule: z.string(),
  /** SHA-256 of the file of the rule, where that is none of Onward's. */
  ruleFile: z.string().optional(),
  data: z.string(),
  /** What makes the data the same ones, where that is known. */
  fingerprint: z.string().optional(),
  settings: z.object({ hyper: z.record(z.string(), z.unknown()), options: z.record(z.string(), z.unknown()) }),
  samples: z.unknown(),
  trainingSamples: z.int().min(1),
  /** Where the run begins. */
  begin: z.object({ phase: count, epoch: count, between: count, batch: count }),
  stages: z.array(stage).min(1),
  /** Runs of a program that travel as one message, at most. */
  chunk: z.int().min(1),
  /** Chunks that a stage may be ahead of the last checkpoint of the one above it. */
  window: z.int().min(2),
  /** Chunks between two checkpoints: fewer than the window. */
  checkpointEvery: z.int().min(1),
  messageBytes: z.int().min(1),
})

export type Manifest = z.infer<typeof manifest> & { readonly begin: Position }

export async function writeManifest(values: Values, run: string, own: Omit<Manifest, 'format'>): Promise<void> {
  if (own.checkpointEvery >= own.window)
    throw new UserError(
      `a checkpoint after ${own.checkpointEvery} messages, and no more than ${own.window} in flight: make the window larger`,
    )
  await putJson(values, keysOf(run).manifest, { format: FORMAT, ...own }, 0)
}

/** Throws a UserError where there is no such run, or none that this version can work for. */
export async function readManifest(values: Values, run: string): Promise<Manifest> {
  const found = await getJson<{ format?: unknown }>(values, keysOf(run).manifest)
  if (!found) throw new UserError(`there is no run ${run} here: ask whoever started it for its name`)
  if (found.value.format !== FORMAT)
    throw new UserError(
      `the run ${run} was written in format ${found.value.format}, and this onward knows ${FORMAT}: use the same version on all machines`,
    )
  const parsed = manifest.safeParse(found.value)
  if (!parsed.success)
    throw new UserError(`the manifest of the run ${run} is damaged: start it anew`, { cause: parsed.error })
  return parsed.data
}
