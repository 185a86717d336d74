import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TrainingJob } from '../../bench/job.js'
import { commandOf } from '../../bench/job-command.js'
import { settingsOf } from '../../bench/job-settings.js'
import { JOBS } from '../../bench/jobs.js'
import { type Record, writeRecord } from '../../bench/records.js'
import { workFolder } from '../cli/onward.js'

export const jobOf = (id: string): TrainingJob => {
  const job = JOBS.find((own) => own.id === id)
  if (job?.kind !== 'training') throw new Error(`no training job is called ${id}`)
  return job
}

export const MACHINE = {
  ...{ processor: 'P', instructions: [], cores: 2, memoryGiB: 8 },
  ...{ node: '20', onnxruntime: '1', onward: '0', gflops: 100 },
}

/** A seed that was trained. */
export const done = (seed: number, accuracy: number, more: object = {}): Record['results'][number] => ({
  ...{ seed, threads: 1, seconds: 60, epochs: 8, trainingSamples: 9000, local: true, window: 1 },
  ...{ test: { network: { accuracy }, blocks: { 'layer 0': { accuracy } } }, validationByEpoch: [0.5, accuracy] },
  ...more,
})

/** What a training would record today. */
export const recordOf = (id: string, results: Record['results'], more: Partial<Record> = {}): Record => {
  const job = jobOf(id)
  const today = { command: commandOf(job), date: '2100-01-01', machine: MACHINE as Record['machine'] }
  return { id, ...today, settings: settingsOf(job), results, ...more }
}

/** Settings that were others then. */
export const otherSettings = (id: string, hyper: object): Partial<Record> => {
  const now = settingsOf(jobOf(id))
  return { settings: { ...now, hyper: { ...now.hyper, ...hyper } } }
}

/** Does something in a folder that holds these records, and these files. */
export async function withRecords<T>(
  records: readonly Record[],
  then: () => T | Promise<T>,
  files: { readonly [path: string]: string } = {},
): Promise<T> {
  const here = process.cwd()
  const folder = workFolder()
  process.chdir(folder)
  try {
    for (const record of records) writeRecord(record)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return await then()
  } finally {
    process.chdir(here)
  }
}
