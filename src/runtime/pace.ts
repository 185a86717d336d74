/**
 * How many steps a call should take. A call costs `fixed + perStep * steps` seconds: long calls waste little, short
 * ones keep progress, pause and abort quick. All values are immutable; `observe` gives the next one.
 */
export interface Pace {
  readonly calls: number
  /** The most steps that a call has had. */
  readonly longest: number
  /** The shortest call since the first one, at its fastest. */
  readonly shortest: { readonly steps: number; readonly seconds: number } | undefined
  /** Fading sums over the calls since the first one: their number, steps and seconds. */
  readonly count: number
  readonly steps: number
  readonly seconds: number
}

/** A call takes this long (s), and up to the second figure where its fixed cost asks for it. */
export const CALL_SECONDS = [0.4, 4] as const

/** A short call takes this long (s). */
const SHORT_SECONDS = 0.05

/** The share of a call that its fixed cost may have. */
const MAX_FIXED_SHARE = 0.02

/** No call has more than this many times the steps of the longest one before it: a bad estimate stays cheap. */
const GROWTH = 4

/** What an older call counts for, relative to the one after it. */
const FADING = 0.8

export const newPace = (): Pace => ({ calls: 0, longest: 0, shortest: undefined, count: 0, steps: 0, seconds: 0 })

/** Takes in a call that was measured. The first one is left out: it warms up memory and threads. */
export function observe(pace: Pace, steps: number, seconds: number): Pace {
  const calls = pace.calls + 1
  const longest = Math.max(pace.longest, steps)
  if (calls === 1) return { ...pace, calls, longest }
  const { shortest } = pace
  const shorter = !shortest || steps < shortest.steps || (steps === shortest.steps && seconds < shortest.seconds)
  return {
    calls,
    longest,
    shortest: shorter ? { steps, seconds } : shortest,
    count: FADING * pace.count + 1,
    steps: FADING * pace.steps + steps,
    seconds: FADING * pace.seconds + seconds,
  }
}

/** The line through the shortest call and the mean of the recent ones; undefined until two lengths were seen. */
export function costs({ shortest, count, steps, seconds }: Pace): { fixed: number; perStep: number } | undefined {
  if (!shortest || steps / count <= shortest.steps) return undefined
  const slope = (seconds - count * shortest.seconds) / (steps - count * shortest.steps)
  // Neither part is negative, and the mean of the recent calls is kept.
  const perStep = Math.min(Math.max(slope, 0), seconds / steps)
  return { fixed: (seconds - perStep * steps) / count, perStep }
}

/** The number of steps of the next call: at least 1, at most `limit`; `short`: it need not take long. */
export function stepsPerCall(pace: Pace, limit: number, short = false): number {
  const { calls, shortest, longest } = pace
  if (calls < 3 || !shortest) return 1
  if (short) return Math.max(1, Math.min(Math.round((SHORT_SECONDS * pace.steps) / pace.seconds), limit))
  const known = costs(pace)
  let wanted: number
  if (known) {
    const { fixed, perStep } = known
    const call = Math.min(Math.max(CALL_SECONDS[0], fixed / MAX_FIXED_SHARE), CALL_SECONDS[1])
    wanted = Math.min(perStep > 0 ? (call - fixed) / perStep : limit, GROWTH * longest)
  } else {
    // One length alone says nothing of the fixed cost: try a call that is short enough in the worst case, without any.
    const twice = 2 * shortest.seconds <= CALL_SECONDS[1] ? 2 * shortest.steps : shortest.steps
    wanted =
      shortest.seconds > 0 ? Math.max(twice, (CALL_SECONDS[0] * shortest.steps) / shortest.seconds) : GROWTH * longest
  }
  return Math.max(1, Math.min(Math.floor(wanted), limit))
}
