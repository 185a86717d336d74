import { lowerStep, type StepGraph } from '../onnx/program.js'
import { blockFor, openStep } from './lowered.js'
import type { Engine } from './protocol.js'
import { comparison, kindOf } from './same-bits.js'
import { choose, newTrial, observe } from './trial.js'

/** The number of threads of a program: all that it may have, or one, whichever is faster now. */
export interface ThreadChoice {
  /** The id of the program that runs the next call. */
  next(): number
  /** Takes in a call that was measured. */
  observe(id: number, steps: number, seconds: number): void
  /** Whether the two are being compared. */
  isComparing(): boolean
  close(): Promise<void>
}

/** Shorter calls (s) are no reason to look for something faster, and the first one never is: it may be the only one. */
const WORTHWHILE_SECONDS = 0.03

/**
 * Tries one thread in place of `threads` where both give the same bits: a second program over the state of `id`, named
 * `other`, that is open only while the two are compared and while it is the faster one. `atOnce`: without waiting for a
 * call that is worth it.
 */
export function chooseThreads(
  engine: Engine,
  graph: StepGraph,
  { id, other, threads, atOnce }: { id: number; other: number; threads: number; atOnce: boolean },
): ThreadChoice {
  let trial = newTrial()
  let one: 'closed' | 'opening' | 'open' | 'impossible' = 'closed'
  let disposed = false
  let calls = 0
  let opening = Promise.resolve()
  const close = (): Promise<void> => {
    one = 'closed'
    return engine.close(other, false).catch(() => undefined)
  }
  const open = async (): Promise<void> => {
    one = 'opening'
    try {
      if (!(await isSame(engine, graph, [1, threads])) || disposed) throw new Error('one thread is out of the question')
      await openStep(engine, graph, { id: other, stateOf: id, device: 'cpu', threads: 1 })
      one = 'open'
    } catch {
      one = 'impossible'
    }
  }
  if (atOnce) opening = open()
  return {
    next: () => (one === 'open' && choose(trial) === 1 ? other : id),
    isComparing: () => one === 'open' && !trial.decided,
    observe(used, steps, seconds) {
      calls++
      trial = observe(trial, used === id ? 0 : 1, steps, seconds)
      if (one === 'open' && trial.decided?.way === 0) close()
      else if (one === 'closed' && !disposed && !trial.decided && calls > 1 && seconds >= WORTHWHILE_SECONDS)
        opening = open()
    },
    async close() {
      disposed = true
      await opening
      if (one === 'open') await close()
    },
  }
}

const known = new Map<string, Promise<boolean>>()

/** Whether the step gives the same bits with each of these numbers of threads; found out once for equal steps. */
async function isSame(engine: Engine, graph: StepGraph, threads: readonly number[]): Promise<boolean> {
  const compared = comparison(graph)
  if (!compared) return false
  if (compared.metrics.length === 0) return true
  const kinds = compared.metrics.map(({ output: { node } }) => kindOf(node))
  const key = `${threads} ${kinds.join()}`
  const block = await blockFor(engine, compared)
  const same = known.get(key) ?? engine.compare(lowerStep(compared, 'cpu', { block }), threads)
  known.set(key, same)
  // A comparison that failed, as in a worker that ended, says nothing of the next one.
  same.catch(() => known.delete(key))
  return await same
}
