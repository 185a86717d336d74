/**
 * Which of several ways to run a step is the fastest, on this machine, now: found out by calls that take turns. All give
 * the same bits. All values are immutable; `observe` gives the next one.
 */
export interface Trial {
  /** Of each way, the seconds for a step in the calls that count. */
  readonly ways: readonly (readonly number[])[]
}

/** A call shorter than this (s) says more of what a call costs than of its steps: it does not count. */
const LONG = 0.1

/** So many calls of each way are compared, and one before them warms up memory and threads. */
const CALLS = 3

export const newTrial = (ways: number): Trial => ({ ways: Array<readonly number[]>(ways).fill([]) })

/** Takes in a call that was measured. */
export function observe({ ways }: Trial, way: number, steps: number, seconds: number): Trial {
  if (seconds < LONG) return { ways }
  return { ways: ways.map((own, i) => (i === way ? [...own, seconds / steps].slice(0, CALLS + 1) : own)) }
}

export const isDecided = ({ ways }: Trial): boolean => ways.every((own) => own.length > CALLS)

/** The way for the next call: while they are compared, the first of those with the fewest calls; then the fastest. */
export function choose({ ways }: Trial): number {
  const order = isDecided({ ways }) ? ways.map((own) => Math.min(...own.slice(1))) : ways.map((own) => own.length)
  return order.indexOf(Math.min(...order))
}
