import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Proof } from './proof.js'

/** Debian's own Python, whose torch links OpenBLAS; another one that comes first on the path is not meant. */
export const PYTHON = process.env.ONWARD_BENCH_PYTHON ?? '/usr/bin/python3'

/** A machine may hold OpenBLAS to old kernels by these; the twin is to run the fastest that its processor has. */
const HELD_BACK = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE']

export function twinEnvironment(threads: number): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !HELD_BACK.includes(name))
  return { ...Object.fromEntries(own), OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` }
}

export interface Twin {
  /** What the twin says of itself: variant, build, threads. */
  readonly about: { readonly [key: string]: unknown }
  /** Sends a line, and waits for the answer. */
  ask(line: string): Promise<{ readonly [key: string]: unknown }>
  stop(): void
}

/** The losses of a twin's first steps; it times nothing. */
export async function askProof(given: readonly string[], threads: number): Promise<Proof> {
  const { stdout } = await promisify(execFile)(PYTHON, [...given, '--prove'], { env: twinEnvironment(threads) })
  return JSON.parse(stdout)
}

/** Starts a twin that answers JSON lines. */
export async function startTwin(given: readonly string[], threads: number): Promise<Twin> {
  const child = spawn(PYTHON, given, { stdio: ['pipe', 'pipe', 'inherit'], env: twinEnvironment(threads) })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<{ readonly [key: string]: unknown }> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${given[0]} ended before it answered; is python3-torch installed?`)
    return JSON.parse(value)
  }
  const about = await next()
  return {
    about,
    async ask(line) {
      child.stdin.write(`${line}\n`)
      return next()
    },
    stop: () => child.stdin.end('quit\n'),
  }
}

/** So many times its own best the twin may take; above it something else held the machine. */
const BUSY = 1.3

/** Throws an Error if the twin's step, in ms, took far longer than when its variant was chosen. */
export function refuseBusy(id: string, { about }: Twin, ms: number): void {
  const best = Math.min(...Object.values(about.variants as Readonly<{ [variant: string]: number }>))
  if (ms > BUSY * best)
    throw new Error(
      `${id}: the twin's step took ${ms.toFixed(1)} ms here and ${best.toFixed(1)} ms when its variant was chosen: the machine was busy, run it again`,
    )
}
