import { CALL_SECONDS } from '../src/runtime/pace.js'

/** Each side works about this long in a round, in ms: as long as the longest calls of a training. */
const ROUND = 1000 * CALL_SECONDS[1]

/**
 * How many steps fill a round, by calls that grow: a call has a cost of its own beside its steps', and the first ones
 * meet cold memory. `time` runs so many steps and gives the ms of one.
 */
export async function stepsPerRound(time: (steps: number) => Promise<number>, least: number): Promise<number> {
  let steps = least
  for (let call = 0; call < 4; call++) steps = Math.max(least, Math.round(ROUND / (await time(steps))))
  return steps
}
