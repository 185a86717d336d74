import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrainingJob } from './jobs.js'
import { describeMachine, type Machine } from './machine.js'
import { type Record, readRecord, writeRecord } from './records.js'

export const commandOf = ({ arguments: given }: TrainingJob): string => `onward train ${given.join(' ')} --seed S`

interface Line {
  readonly event: string
  readonly [key: string]: unknown
}

/** One run through the command line, as a reader of the record would start it. */
function trainOnce(job: TrainingJob, seed: number, folder: string): Promise<{ start: Line; done: Line }> {
  const given = ['build/src/cli/main.js', 'train', ...job.arguments, '--seed', `${seed}`, '--json', '--out', folder]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = new Map<string, Line>()
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      for (const part of parts) {
        const line: Line = JSON.parse(part)
        lines.set(line.event, line)
        if (line.event === 'epoch') console.error(`  seed ${seed} epoch ${line.epoch} ${JSON.stringify(line.metrics)}`)
      }
    })
    child.on('close', (code) => {
      const [start, done] = [lines.get('start'), lines.get('done')]
      if (code === 0 && start && done) resolve({ start, done })
      else reject(new Error(`${job.id}, seed ${seed}: the run ended with exit code ${code}`))
    })
  })
}

/** Runs the seeds that the record lacks, and keeps each as soon as it is done. */
export async function runTraining(job: TrainingJob): Promise<void> {
  const before = readRecord(job.id)
  const machine: Machine = before?.machine ?? (await describeMachine())
  const record = { id: job.id, command: commandOf(job), date: new Date().toISOString().slice(0, 10), machine }
  const results = [...(before?.results ?? [])]
  for (const seed of job.seeds) {
    if (results.some((result) => result.seed === seed)) continue
    const folder = mkdtempSync(join(tmpdir(), 'onward-bench-'))
    try {
      const { start, done } = await trainOnce(job, seed, join(folder, 'run'))
      const { testAccuracy, validationAccuracy, layers, seconds, rowsPerSecond } = done
      const { certificate, epochs, batch, trainingImages } = start
      const about = { epochs, batch, trainingImages, local: (certificate as { local: boolean }).local }
      results.push({ seed, testAccuracy, validationAccuracy, layers, seconds, rowsPerSecond, ...about })
      writeRecord({ ...record, results } satisfies Record)
      console.error(
        `  seed ${seed}: test error ${(100 * (1 - (testAccuracy as number))).toFixed(2)} %, ${Math.round(seconds as number)} s`,
      )
    } finally {
      if (existsSync(folder)) rmSync(folder, { recursive: true })
    }
  }
}

export const isTrained = (job: TrainingJob): boolean =>
  job.seeds.every((seed) => readRecord(job.id)?.results.some((result) => result.seed === seed))
