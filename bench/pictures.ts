import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadDataSet } from '../src/data/load.node.js'
import { type Distorted, KINDS, writeDistorted } from './distorted.js'
import type { PicturesJob } from './job.js'
import { JOBS } from './jobs.js'
import { describeMachine } from './machine.js'
import { noteOf } from './notes.js'
import { mean, readRecord, writeRecord } from './records.js'
import { notedTable, present, verdict } from './tables.js'

/** Pictures to a distortion. */
const EACH = 10

/** How pictures are fitted: as a default for digits, and as all were before there was a choice. */
const FITS = ['ink', 'contain'] as const

/** Trains a network for each seed and lets it read the same distorted test images, fitted in both ways. */
export async function runPictures(job: PicturesJob): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'onward-bench-'))
  const onward = async (...given: readonly string[]): Promise<string> => {
    const all = ['build/src/cli/main.js', ...given]
    return (await promisify(execFile)(process.execPath, all, { maxBuffer: 2 ** 26 })).stdout
  }
  try {
    const machine = await describeMachine()
    const pictures = await writeDistorted(join(folder, 'pictures'), await loadDataSet('mnist'), 'test', EACH)
    const results: Record<string, unknown>[] = []
    for (const seed of job.seeds) {
      const run = join(folder, `${seed}`)
      await onward('train', ...job.arguments, '--seed', `${seed}`, '--out', run, '--threads', '1')
      const right: Record<string, Record<string, number>> = {}
      for (const fit of FITS) {
        const files = pictures.map(({ path }) => path)
        right[fit] = countRight(pictures, JSON.parse(await onward('predict', run, ...files, '--fit', fit, '--json')))
      }
      results.push({ seed, of: EACH, right })
      console.error(`  seed ${seed}: ${JSON.stringify(right)}`)
    }
    writeRecord({
      id: job.id,
      command: `onward train ${job.arguments.join(' ')} --seed S; onward predict of build/bench/distorted.js FOLDER`,
      date: new Date().toISOString().slice(0, 10),
      machine,
      results,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Of each distortion, in the order of the pictures. */
function countRight(
  pictures: readonly Distorted[],
  said: readonly { readonly label: number }[],
): Record<string, number> {
  const right = Object.fromEntries(KINDS.map((kind) => [kind, 0]))
  for (const [i, { kind, label }] of pictures.entries()) right[kind]! += Number(said[i]!.label === label)
  return right
}

/** A row for each way to fit, in the mean over the seeds. */
export function picturesTable(): string {
  const rows = JOBS.filter((job) => job.kind === 'pictures').flatMap((job) => {
    const [record, note] = [readRecord(job.id), noteOf(job.id)]
    return FITS.map((fit) => {
      const results = record?.results as { readonly right: Record<string, Record<string, number>> }[] | undefined
      if (!results) return undefined
      const of = (kind: string): number => mean(results.map(({ right }) => right[fit]![kind]!))
      const share = KINDS.reduce((sum, kind) => sum + of(kind), 0) / (EACH * KINDS.length)
      const isTarget = fit === 'ink'
      return [
        `${job.title}, \`--fit ${fit}\``,
        ...KINDS.map((kind) => of(kind).toFixed(1)),
        `${(100 * share).toFixed(1)}`,
        isTarget ? `at least ${100 * job.target}` : '',
        verdict(isTarget ? share >= job.target : undefined, note),
        note,
      ]
    })
  })
  return notedTable(
    ['network, fit', ...KINDS.map((kind) => `${kind}, of ${EACH}`), 'right, %', 'target', 'reached'],
    present(rows),
  )
}
