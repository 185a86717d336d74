/**
 * Which of two ways to run a step is the fastest, on this machine, now: found out by calls that alternate. All give
 * the same bits. All values are immutable; `observe` gives the next one.
 */
export interface Trial {
  readonly ways: readonly Way[]
  /** The fastest way, once it is known: its seconds a step, and those of all calls since then. */
  readonly decided?: { readonly way: number; readonly perStep: number; readonly seconds: number }
}

interface Way {
  /** The first call warms up memory and threads: it does not count. */
  readonly warm: boolean
  /** Seconds a step in the calls that count. */
  readonly timed: readonly number[]
}

/** A shorter call (s) says more about the cost of a call than about its steps: it does not count. */
const MIN_TIMED_SECONDS = 0.02

/** One call of each way decides where one takes so many times as long as the other; else two. */
const CLEAR = 1.25

/** The ways are compared again after so many seconds; sooner, when a step takes `SLOWER` times as long as it did. */
const TRUSTED_SECONDS = 20
const TRUSTED_AT_LEAST = 2
const SLOWER = 1.5

const COLD: Way = { warm: false, timed: [] }

/** Of two ways. */
export const newTrial = (): Trial => ({ ways: [COLD, COLD] })

/** Takes in a call that was measured. */
export function observe(trial: Trial, way: number, steps: number, seconds: number): Trial {
  const { ways, decided } = trial
  const perStep = seconds / steps
  const counts = seconds >= MIN_TIMED_SECONDS
  if (decided) {
    const now = { ...decided, seconds: decided.seconds + seconds }
    const isSlower = counts && way === decided.way && perStep > SLOWER * decided.perStep
    if (now.seconds < (isSlower ? TRUSTED_AT_LEAST : TRUSTED_SECONDS)) return { ways, decided: now }
    // What runs is warm, and was timed just now.
    return { ways: ways.map((_, i) => (i === way && counts ? { warm: true, timed: [perStep] } : COLD)) }
  }
  const { warm, timed } = ways[way]!
  const next = { warm: true, timed: warm && counts ? [...timed, perStep] : timed }
  return decide({ ways: ways.with(way, next) })
}

function decide({ ways }: Trial): Trial {
  const calls = Math.min(...ways.map(({ timed }) => timed.length))
  if (calls === 0) return { ways }
  const best = ways.map(({ timed }) => Math.min(...timed))
  const perStep = Math.min(...best)
  if (calls < 2 && best.filter((own) => own < CLEAR * perStep).length > 1) return { ways }
  return { ways, decided: { way: best.indexOf(perStep), perStep, seconds: 0 } }
}

/** The way for the next call: the fastest, once it is known; before, the first of those with the fewest calls. */
export function choose({ ways, decided }: Trial): number {
  if (decided) return decided.way
  const cold = ways.findIndex(({ warm }) => !warm)
  const calls = ways.map(({ timed }) => timed.length)
  return cold >= 0 ? cold : calls.indexOf(Math.min(...calls))
}
