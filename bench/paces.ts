import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PacesJob, TrainingJob } from './job.js'
import { JOBS } from './jobs.js'
import { quietMachine } from './quiet.js'
import { median, writeMeasured } from './records.js'
import { spawnTraining } from './spawn-training.js'

/** Flags whose values a timed training sets itself. */
const OURS = ['--validation', '--epochs', '--limit']

/** How many images a second each training of the job takes in, in turns, so that all meet the same machine. */
export async function runPaces(job: PacesJob): Promise<void> {
  const machine = await quietMachine(job)
  const paces = new Map<string, number[]>()
  for (let round = 0; round < job.rounds; round++)
    for (const id of job.jobs) {
      const pace = await paceOf(id, job)
      paces.set(id, [...(paces.get(id) ?? []), pace])
      console.error(`  ${id}: ${pace.toFixed(0)} images/s`)
    }
  writeMeasured(
    job.id,
    machine,
    [...paces].map(([id, all]) => ({ job: id, imagesPerSecond: median(all), all })),
  )
}

async function paceOf(id: string, { images, threads }: PacesJob): Promise<number> {
  const job = JOBS.find((other): other is TrainingJob => other.kind === 'training' && other.id === id)!
  const folder = mkdtempSync(join(tmpdir(), 'onward-paces-'))
  const run = join(folder, 'run')
  const kept = job.arguments.filter((word, i, all) => !OURS.includes(word) && !OURS.includes(all[i - 1] ?? ''))
  const ours = ['--validation', '0', '--epochs', '2', '--limit', `${images}`, '--threads', `${threads}`]
  try {
    await spawnTraining(['train', ...kept, ...ours, '--seed', '0', '--out', run], () => undefined)
    const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n')
    const epochs = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'epoch')
    // The rate leaves out compiling and scoring. The slower epoch counts: in the second one layers may have stopped learning.
    return Math.min(...epochs.map(({ rowsPerSecond }) => rowsPerSecond as number))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
