// Reads changed files of one format, one after the other, and posts what should not have happened.
import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../../src/errors.js'
import { FORMATS } from './formats.js'
import { mutated } from './mutate.js'

export interface Work {
  readonly format: string
  readonly seed: number
  readonly count: number
  /** Counts the files that were begun. */
  readonly begun: Int32Array
}

export interface Found {
  readonly faults: readonly string[]
  /** How many were read, and not refused. */
  readonly read: number
  /** Of one file, in seconds of processor time. */
  readonly longest: number
  /** Of the process, in bytes. */
  readonly memory: number
}

const SECONDS = 2
/** What a sentence about a file takes at most. */
const LONGEST_MESSAGE = 600

const { format, seed, count, begun } = workerData as Work
const { samples, read } = FORMATS[format]!
const faults: string[] = []
let [done, longest] = [0, 0]
for (let index = 0; index < count && faults.length < 20; index++) {
  Atomics.store(begun, 0, index)
  const bytes = mutated(samples, seed, index)
  const before = process.cpuUsage()
  try {
    await read(bytes)
    done++
  } catch (error) {
    const { message, stack } = error as Error
    if (!(error instanceof UserError)) faults.push(`file ${index}: ${stack}`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    else if (/[\x00-\x1f]/.test(message) || message.length > LONGEST_MESSAGE)
      faults.push(`file ${index}: no sentence: ${JSON.stringify(message.slice(0, 1000))}`)
  }
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  longest = Math.max(longest, seconds)
  if (seconds > SECONDS) faults.push(`file ${index}: took ${seconds} s`)
}
const memory = process.resourceUsage().maxRSS * 1024
parentPort!.postMessage({ faults, read: done, longest, memory } satisfies Found)
