import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../errors.js'
import { readJson, replaceFile } from '../../files.node.js'
import type { Over } from '../../train/events.js'
import { PIPELINE_FILE } from '../../train/run-files.js'

/** How a pipeline was started; its run keeps it, so that it goes on in the same way. */
export interface PipelineStart {
  readonly mode: Over['mode']
  readonly engine: Over['engine']
  readonly workers?: number | undefined
  /** The address and port that the server listens on, for workers on other machines. */
  readonly listen?: string | undefined
  readonly port?: number | undefined
  /** The workers that are started with the run, from below; the others join. */
  readonly local?: number | undefined
}

/** What is asked for of it. */
export type AskedStart = { readonly [K in keyof PipelineStart]?: PipelineStart[K] | undefined }

const fileIn = (run: string): string => join(run, PIPELINE_FILE)

export const isPipeline = (run: string): boolean => existsSync(fileIn(run))

export function keepStart(run: string, start: PipelineStart): void {
  replaceFile(fileIn(run), new TextEncoder().encode(`${JSON.stringify(start, undefined, 2)}\n`))
}

/** How the pipeline of a run was started; undefined where it was none. */
export const keptStart = (run: string): PipelineStart | undefined =>
  isPipeline(run) ? (readJson(fileIn(run)) as PipelineStart) : undefined

/** Throws a UsageError where a run trains by chapters: elsewhere it would become another training. */
export function checkNoChapters(run: string): void {
  const mode = keptStart(run)?.mode
  if (mode !== undefined && mode !== 'activations')
    throw new UsageError(`${run} trains by chapters (--mode ${mode}): go on with onward up pipeline --resume ${run}`)
}
