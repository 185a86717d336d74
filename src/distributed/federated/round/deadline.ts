/** When a round ends: by what past rounds took, never by a time that somebody wrote down. */
import { medianOf } from '../aggregate/update.js'

/** How many clients more than wanted are asked: some will not answer (Bonawitz et al. 2019, arXiv 1902.01046: 130 %). */
export const OVER = 1.3

/** The clients that are asked where `wanted` answers are needed. */
export const askedFor = (wanted: number, there: number): number => Math.min(there, Math.ceil(OVER * wanted))

/** The answers that are wanted where all of `clients` are asked. */
export const wantedOf = (clients: number): number => Math.max(1, Math.ceil(clients / OVER))

/** From the median absolute deviation to the standard deviation of a normal distribution. */
const TO_DEVIATION = 1.4826

/** Robust: a few clients that claim, or take, absurd times move neither. */
export function spreadOf(seconds: readonly number[]): number {
  const middle = medianOf(seconds)
  const deviation = TO_DEVIATION * medianOf(seconds.map((own) => Math.abs(own - middle)))
  // Where all took the same time, that says little of the next one.
  return Math.max(deviation, middle / 4)
}

/** Seconds after which a round does not wait for its quorum any longer. */
export const deadlineOf = (seconds: readonly number[]): number => medianOf(seconds) + 4 * spreadOf(seconds)

/**
 * The same of a first round, from what clients say of a trial step: it knows nothing of starting, of sending, and of
 * others on the same machine.
 */
export const firstDeadlineOf = (trials: readonly number[]): number => 4 * deadlineOf(trials)

/** How often a deadline is put off, each time as far again, before a round fails. */
const PUT_OFF = 3

/** Seconds after which nobody is waited for any longer. */
export const longestOf = (deadline: number): number => deadline * 2 ** PUT_OFF

export interface Standing {
  readonly elapsed: number
  readonly deadline: number
  /** Valid uploads, and clients that may still send one. */
  readonly arrived: number
  readonly open: number
  readonly wanted: number
  /** When the quorum was there; absent: it is not. */
  readonly quorumAt?: number | undefined
}

/** The answers below which a round fails. */
export const leastOf = (wanted: number): number => Math.max(1, Math.ceil(wanted / 2))

/** Whether a round closes, fails, or goes on. After the quorum, others have half as long again, and the spread at least. */
export function verdictOn(
  { elapsed, deadline, arrived, open, wanted, quorumAt }: Standing,
  seconds: readonly number[],
): 'wait' | 'close' | 'fail' {
  if (open === 0) return arrived >= leastOf(wanted) ? 'close' : 'fail'
  if (quorumAt !== undefined) {
    const spread = seconds.length > 0 ? spreadOf(seconds) : 0
    return elapsed >= quorumAt + Math.max(spread, quorumAt / 2) ? 'close' : 'wait'
  }
  if (elapsed < deadline) return 'wait'
  if (arrived >= leastOf(wanted)) return 'close'
  return elapsed < longestOf(deadline) ? 'wait' : 'fail'
}
