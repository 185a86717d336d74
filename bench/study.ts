import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readStudy } from '../src/tune/journal.node.js'
import type { Study } from '../src/tune/study.js'
import type { StudyJob } from './job.js'
import { describeMachine } from './machine.js'
import { writeMeasured } from './records.js'
import { spawnTraining } from './spawn-training.js'
import { type Killed, killedFigures, type Pruned, prunedFigures } from './study-figures.js'

/**
 * A study that is killed beside the same one undisturbed, where the job says so, with one worker and with two; then, with several seeds,
 * studies whose poor trials are ended early beside studies that train all of them to the end.
 */
export async function runStudy(job: StudyJob): Promise<void> {
  const machine = await describeMachine(1)
  const folder = mkdtempSync(join(tmpdir(), 'onward-bench-'))
  const killed: Killed[] = []
  const pruned: Pruned[] = []
  try {
    if (job.killedAfter.length > 0) {
      const whole = await undisturbed(job, join(folder, 'whole.jsonl'), [])
      for (const workers of [1, 2]) killed.push(await disturbed(job, join(folder, `${workers}.jsonl`), workers, whole))
    }
    for (const seed of job.seeds)
      for (const pruner of job.pruners) {
        const more = ['--seed', `${seed}`, '--pruner', pruner]
        const study = await undisturbed(job, join(folder, `${pruner}-${seed}.jsonl`), more)
        pruned.push(prunedFigures(study, pruner, seed))
        console.error(`  ${JSON.stringify(pruned.at(-1))}`)
      }
    writeMeasured(job.id, machine, [...killed, ...pruned])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const given = (job: StudyJob, path: string, more: readonly string[]): string[] => [
  ...['tune', ...job.arguments, '--trials', `${job.trials}`, '--study', path, ...more],
]

async function undisturbed(job: StudyJob, path: string, more: readonly string[]): Promise<Study> {
  const code = await spawnTraining(given(job, path, more), () => {})
  if (code !== 0) throw new Error(`${job.id}: the study ended with exit code ${code}`)
  return readStudy(path)!
}

/** Killed in the midst of a trial once so many are finished, and begun again as often as that. */
async function disturbed(job: StudyJob, path: string, workers: number, whole: Study): Promise<Killed> {
  const told = new Set<number>()
  let kills = 0
  for (const most of [...job.killedAfter, Number.POSITIVE_INFINITY]) {
    let done = 0
    const code = await spawnTraining(given(job, path, ['--workers', `${workers}`]), (text, kill) => {
      const { event, trial, counts } = JSON.parse(text)
      if (event === 'finished') {
        told.add(trial)
        done = counts.complete + counts.pruned + counts.failed
      }
      if (event === 'report' && done >= most) kill()
    })
    if (code === null) kills++
    else if (code !== 0) throw new Error(`${job.id}: the study ended with exit code ${code}`)
  }
  const figures = killedFigures({ workers, kills }, whole, readStudy(path)!, told)
  console.error(`  ${JSON.stringify(figures)}`)
  return figures
}
