import type { Criterion } from '../events.js'
import { figureOf } from '../judge.js'
import type { Diagnosis, Observation, Setting } from './diagnosis.js'
import { moreDecay, oneOf } from './remedies.js'

/** Epochs without a better held-out figure before a network is asked for its training samples. */
const EPOCHS = 3

/** By how much a share is larger on training samples, and how many times another figure is as large on held-out ones. */
const GAP = 0.1
const FACTOR = 1.5

/** A share of few samples is uncertain: so many standard errors of the difference. */
const ERRORS = 3

/** The place of the epoch with the best held-out figure; -1 where there is none. */
function bestOf(observed: readonly Observation[]): number {
  let best = -1
  let most = Number.NEGATIVE_INFINITY
  for (const [i, { criterion, validation }] of observed.entries()) {
    const value = criterion && validation && figureOf(criterion, validation)
    const merit = value === undefined ? Number.NaN : criterion!.better === 'larger' ? value : -value
    if (!(merit > most)) continue
    most = merit
    best = i
  }
  return best
}

/** Whether held-out samples have been no better for so long that training samples are worth a look. */
export function isNoBetter(observed: readonly Observation[]): boolean {
  const best = bestOf(observed)
  return best >= 0 && observed.length - 1 - best >= EPOCHS
}

/** Training samples do much better than held-out ones, which get no better. */
export const overfitting: Diagnosis = {
  kind: 'overfitting',
  find(observed, setting) {
    const { criterion, validation, training } = observed.at(-1)!
    const seen = training && criterion && figureOf(criterion, training)
    const held = validation && criterion && figureOf(criterion, validation)
    if (seen === undefined || held === undefined || !isNoBetter(observed)) return []
    const gap = gapOf(seen, held, criterion!, setting)
    if (!gap) return []
    const { block, figure } = criterion!
    const best = observed[bestOf(observed)]!.epoch
    const remedies = [
      ...(setting.couldWait ? [`patience=${EPOCHS}, which keeps the best epoch`] : []),
      ...moreDecay(setting),
      'more training samples',
    ]
    return [
      {
        ...(block !== undefined && { block }),
        ...gap,
        message:
          `it overfits: ${figure} ${gap.on(seen)} on training samples and ${gap.on(held)} on held-out ones, no better ` +
          `since epoch ${best}. Try ${oneOf(remedies)}`,
      },
    ].map(({ on: _, ...finding }) => finding)
  },
}

function gapOf(seen: number, held: number, { figure, better }: Criterion, { shares, seen: n, heldOut }: Setting) {
  const isShare = shares.includes(figure)
  const isLarger = better === 'larger'
  if (isShare) {
    const gap = isLarger ? seen - held : held - seen
    const error = Math.sqrt((seen * (1 - seen)) / n + (held * (1 - held)) / heldOut)
    if (gap < Math.max(GAP, ERRORS * error)) return undefined
    return { measured: `difference of ${figure}`, value: gap, on: (v: number) => `${(100 * v).toFixed(1)} %` }
  }
  // What is to be large and is no share has no scale that a factor could be of.
  if (isLarger || seen <= 0 || held < FACTOR * seen) return undefined
  const on = (v: number): string => `${Number(v.toPrecision(3))}`
  return { measured: `${figure} of held-out samples, in those of training samples`, value: held / seen, on }
}
