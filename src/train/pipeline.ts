import type { Program, RunResult, TensorRecord } from '../runtime/index.js'
import { newPace, observe, type Pace, stepsPerCall } from '../runtime/index.js'
import { bytesPerStep, CALL_BYTES, feed, type Source } from './feed.js'
import type { TrainingOptions } from './options.js'
import { type Call, callAt, following, type Position, stepAt } from './plan.js'
import type { Session } from './session.js'

/** A call that was run, and its outcome. */
export interface Done extends RunResult {
  readonly call: Call
}

/** Runs the calls of a phase. While one computes, the inputs of the next are made: they are off the critical path. */
export interface Pipeline {
  /** The call that begins at a position; undefined where the epoch ends there. */
  next(at: Position): Promise<Done | undefined>
}

interface Ahead {
  readonly call: Call
  readonly batch: Promise<TensorRecord>
}

export function pipelineOf(session: Session, options: TrainingOptions, source: Source): Pipeline {
  const { course, training } = session
  const { plan } = course
  const paces = new Map<string, Pace>()
  const programs = new Map<string, Program>()
  const make = feed(plan, training, options, source)
  let ahead: Ahead | undefined

  const prepare = (at: Position): Ahead | undefined => {
    const step = at.batch < plan.batches ? stepAt(plan, at) : ''
    const inputs = step === '' ? [] : course.steps[step]!.batch
    const most = Math.max(1, Math.floor(CALL_BYTES / bytesPerStep(inputs)))
    const short = programs.get(step)?.isComparing?.()
    const call = callAt(plan, at, stepsPerCall(paces.get(step) ?? newPace(), most, short))
    if (!call) return undefined
    const batch = make(call, inputs)
    // Whoever waits for the batch hears of a failure; until then it is nobody's.
    batch.catch(() => undefined)
    return { call, batch }
  }

  return {
    async next(at) {
      const ready = ahead && samePosition(ahead.call.at, at) ? ahead : prepare(at)
      ahead = undefined
      if (!ready) return undefined
      const { call } = ready
      const program = await session.program(call.step)
      programs.set(call.step, program)
      const running = program.run(call.steps, await ready.batch)
      running.catch(() => undefined)
      const then = following(plan, call)
      if (then) ahead = prepare(then)
      const result = await running
      paces.set(call.step, observe(paces.get(call.step) ?? newPace(), call.steps, result.seconds))
      return { ...result, call }
    },
  }
}

const samePosition = (a: Position, b: Position): boolean =>
  a.phase === b.phase && a.epoch === b.epoch && a.batch === b.batch
