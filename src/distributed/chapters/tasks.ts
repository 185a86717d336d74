import type { Over } from '../../train/events.js'

/** One layer for one chapter; both count from 0. */
export interface ChapterTask {
  readonly layer: number
  readonly chapter: number
}

/** How many chapters the lowest layers may be ahead of the highest one. */
const AHEAD = 4

/**
 * What a worker does, in order. All-Layers: chapter c belongs to worker c mod N, which trains every layer of it in turn.
 * Single-Layer (`weights`): worker i has layer i for all chapters. PFF, arXiv 2404.08573.
 */
export function* tasksOf(
  mode: Exclude<Over['mode'], 'activations'>,
  worker: number,
  { workers, layers, chapters }: { readonly workers: number; readonly layers: number; readonly chapters: number },
): Generator<ChapterTask> {
  if (mode === 'weights') for (let chapter = 0; chapter < chapters; chapter++) yield { layer: worker, chapter }
  else
    for (let chapter = worker; chapter < chapters; chapter += workers)
      for (let layer = 0; layer < layers; layer++) yield { layer, chapter }
}

/**
 * The versions that a task is made of: of its own layer the one of the chapter before, of those below the chapter's
 * own. So whoever does it, it comes to the same numbers.
 */
export const sourcesOf = ({ layer, chapter }: ChapterTask): ChapterTask[] => [
  ...Array.from({ length: layer }, (_, below) => ({ layer: below, chapter })),
  ...(chapter > 0 ? [{ layer, chapter: chapter - 1 }] : []),
]

/** The version that must be there before a task begins, so that not all versions pile up; undefined: none. */
export const brakeOf = ({ chapter }: ChapterTask, layers: number): ChapterTask | undefined =>
  chapter > AHEAD ? { layer: layers - 1, chapter: chapter - AHEAD - 1 } : undefined
