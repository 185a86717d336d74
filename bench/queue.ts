import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { UsageError } from '../src/errors.js'
import { type Asked, askedBy } from './arguments.js'
import { proveConvolution, runConvolution } from './convolution.js'
import { runInference } from './inference.js'
import type { Job, SpeedJob } from './job.js'
import { JOBS } from './jobs.js'
import { isJudged, runJudge } from './judge.js'
import { runLayerTimes } from './layer-times.js'
import { runLeastSquares } from './least-squares.js'
import { runMemory } from './memory.js'
import { stalenessOf } from './notes.js'
import { runOutput } from './output.js'
import { runPaces } from './paces.js'
import { runPictures } from './pictures.js'
import { pathOf, provenBy, readRecord } from './records.js'
import { report } from './report.js'
import { proveRuleTwin, runRuleSpeed } from './rule-speed.js'
import { proveTwins, runSpeed } from './speed.js'
import { runSteadiness } from './steadiness.js'
import { runStudy } from './study.js'
import { closedness, isTrained, runTraining } from './training.js'
import { isTuned, runTuned } from './tuned.js'

function refuse(message: string): never {
  console.error(`bench/run: ${message}`)
  process.exit(2)
}

function readArguments(): Asked {
  try {
    return askedBy(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return refuse(`${error.message}; bench/run --help says what there is`)
  }
}

const { words, mode, renew, threads = availableParallelism(), seeds: most, seed: only } = readArguments()
const TIMED_AGAINST_A_TWIN: ReadonlySet<Job['kind']> = new Set(['speed', 'rule-speed', 'convolution'])

function isDone(job: Job): boolean {
  if (job.kind === 'training') return isTrained(job)
  if (job.kind === 'tuned') return isTuned(job)
  return job.kind === 'judge' ? isJudged(job) : existsSync(pathOf(job.id))
}

/** Why a record is to be made anew; undefined where it is not. */
function changeOf(job: Job): string | undefined {
  const record = TIMED_AGAINST_A_TWIN.has(job.kind) ? readRecord(job.id) : undefined
  if (record && provenBy(record) === undefined) return 'its twin was not proven'
  return stalenessOf(job) ?? (job.kind === 'training' ? closedness(job) : undefined)
}

const stateOf = (job: Job): string => (changeOf(job) !== undefined ? 'stale' : isDone(job) ? 'done ' : 'open ')

async function run(job: Job): Promise<void> {
  if (job.kind === 'training') {
    const seeds = only === undefined ? job.seeds.slice(0, most) : [only]
    return runTraining({ ...job, seeds }, threads)
  }
  if (job.kind === 'rule-speed') return runRuleSpeed(job)
  if (job.kind === 'layer-times') return runLayerTimes(job)
  if (job.kind === 'paces') return runPaces(job)
  if (job.kind === 'memory') return runMemory(job)
  if (job.kind === 'judge') return runJudge(job)
  if (job.kind === 'tuned') return runTuned({ ...job, seeds: job.seeds.slice(0, most) }, threads)
  if (job.kind === 'study') return runStudy(job)
  if (job.kind === 'least-squares') return runLeastSquares(job)
  if (job.kind === 'inference') return runInference(job)
  if (job.kind === 'convolution') return runConvolution(job)
  if (job.kind === 'output') return runOutput(job)
  if (job.kind === 'pictures') return runPictures(job)
  if (job.kind === 'steadiness') return runSteadiness(job)
  return runSpeed(job)
}

async function prove(job: Job): Promise<number[]> {
  if (job.kind === 'rule-speed') return proveRuleTwin(job)
  return job.kind === 'convolution' ? proveConvolution(job) : proveTwins(job as SpeedJob)
}

/** A whole id means that job alone, a part of ids all that hold it. */
const isMeant = (id: string, word: string): boolean =>
  JOBS.some((job) => job.id === word) ? id === word : id.includes(word)
const unknown = words.find((word) => !JOBS.some(({ id }) => isMeant(id, word)))
if (unknown !== undefined) refuse(`no job has ${unknown} in its id; bench/run --list names all`)
const chosen = JOBS.filter((job) => {
  const isNamed = words.length === 0 || words.some((word) => isMeant(job.id, word))
  return isNamed && (only === undefined || (job.kind === 'training' && job.seeds.includes(only)))
})
if (chosen.length === 0) refuse(`none of these jobs trains seed ${only}`)
if (mode === 'list') {
  for (const job of chosen) console.log(`${stateOf(job)}  ${job.id}`)
} else if (mode === 'prove') {
  for (const job of chosen)
    if (TIMED_AGAINST_A_TWIN.has(job.kind))
      try {
        const apart = await prove(job)
        const each = apart.map((difference) => difference.toExponential(0)).join(' ')
        console.log(`${job.id}: a twin; by mini-batch its losses lie apart from ours by ${each}`)
      } catch (error) {
        console.error((error as Error).message)
        process.exitCode = 1
      }
} else {
  if (mode !== 'report') {
    for (const job of chosen) {
      const change = changeOf(job)
      const renews = change !== undefined && renew
      if (change !== undefined && !renews)
        console.error(`${pathOf(job.id)} is stale: ${change}. bench/run --renew ${job.id} makes it anew.`)
      if (!renews && (change !== undefined || isDone(job))) continue
      console.error(job.id)
      await run(job)
    }
  }
  report()
}
