import {
  newPace,
  observe,
  type Pace,
  type Program,
  type RunResult,
  stepsPerCall,
  type TensorRecord,
} from '../runtime/index.js'
import { bytesPerStep, CALL_BYTES, type feed, type Take } from './feed.js'
import { type Call, callAt, following, type Position, stepAt } from './plan.js'
import type { TracedPlan } from './traced-plan.js'

/** A call that was run, and its outcome. */
export interface CallResult extends RunResult {
  readonly call: Call
}

/** What a call may take, and reads. */
export interface Wanted {
  /** The most steps that it takes; default: as many as fit. */
  readonly most?: number
  /** Gives the next inputs and targets in the place of training data. */
  readonly take?: Take
}

/** Runs the call that begins at a position, which must not be the end of an epoch. */
export type Pipeline = (at: Position, wanted?: Wanted) => Promise<CallResult>

interface Ahead {
  readonly call: Call
  readonly batch: Promise<TensorRecord>
}

/** The calls of a phase. While one computes, the inputs of the next are made: they are off the critical path. */
export function pipelineOf(
  { plan, steps }: TracedPlan,
  programOf: (step: string) => Promise<Program>,
  make: ReturnType<typeof feed>,
  paces: Map<string, Pace>,
): Pipeline {
  const programs = new Map<string, Program>()
  let ahead: Ahead | undefined

  const prepare = (at: Position, { most = Number.POSITIVE_INFINITY, take }: Wanted): Ahead => {
    const step = stepAt(plan, at, most)
    const inputs = steps[step]!.batch
    const longest = Math.max(1, Math.floor(CALL_BYTES / Math.max(1, bytesPerStep(inputs))))
    // A program that compares numbers of threads needs no long calls for that.
    const short = programs.get(step)?.isComparing?.()
    const call = callAt(plan, at, stepsPerCall(paces.get(step) ?? newPace(), longest, short), most)!
    const batch = make(call, inputs, take)
    // Whoever waits for the batch hears of a failure; until then it is nobody's.
    batch.catch(() => undefined)
    return { call, batch }
  }

  return async (at, wanted = {}) => {
    const { most = Number.POSITIVE_INFINITY, take } = wanted
    const fits = ahead && !take && samePosition(ahead.call.at, at) && stepsIn(ahead.call) <= most
    const { call, batch } = fits ? ahead! : prepare(at, wanted)
    ahead = undefined
    const program = await programOf(call.step)
    programs.set(call.step, program)
    const running = program.run(call.runs, await batch)
    running.catch(() => undefined)
    const then = following(plan, call)
    const left = most - stepsIn(call)
    if (then && left > 0 && !take) ahead = prepare(then, { most: left })
    const result = await running
    paces.set(call.step, observe(paces.get(call.step) ?? newPace(), call.runs, result.seconds))
    return { ...result, call }
  }
}

export const stepsIn = ({ batches, between }: Call): number => batches + between

const samePosition = (a: Position, b: Position): boolean =>
  a.phase === b.phase && a.epoch === b.epoch && a.between === b.between && a.batch === b.batch
