import { type Call, callAt, endOf, isEpochDone, nextEpoch, type Plan, type Position } from '../../train/plan.js'

/** Steps that travel as one message: consecutive batches of one epoch and one program. */
export interface Chunk {
  /** From 1, through the whole run. */
  readonly number: number
  readonly call: Call
  /** Where the training stands after it. */
  readonly end: Position
  readonly endsEpoch: boolean
}

/** Where a stage stands: so many chunks are done. */
export interface Place {
  readonly chunk: number
  readonly at: Position
}

/** The chunks from a place on to the end of the training, of at most `size` runs of a program each. */
export function* chunksFrom(plan: Plan, { chunk, at }: Place, size: number): Generator<Chunk> {
  const whole = { ...plan, checkpointEvery: 0 }
  let number = chunk
  for (let now = at; now.phase < plan.phases; ) {
    if (isEpochDone(plan, now)) {
      now = nextEpoch(plan, now)
      continue
    }
    const call = callAt(whole, now, size)!
    now = endOf(call)
    yield { number: ++number, call, end: now, endsEpoch: isEpochDone(plan, now) }
  }
}
