import type { Diagnosis } from './diagnosis.js'
import { smallerRate } from './remedies.js'

/** The part of its weights that a layer moves in an epoch, below which it stands still: float32 rounds by 6e-8 a step. */
const LEAST = 1e-5

/** A block whose steps still run, and move next to nothing. */
export const stoppedLearning: Diagnosis = {
  kind: 'stopped learning',
  find(observed, setting) {
    const { weights, begin } = observed.at(-1)!
    if (!begin) return []
    return Object.entries(weights).flatMap(([block, { moved, learns }]) =>
      !learns || moved >= LEAST
        ? []
        : {
            block,
            measured: 'what the epoch changed of the weights, as a part of them',
            value: moved,
            message:
              `it stopped learning: the epoch changed ${moved === 0 ? 'none' : `a part of ${moved.toExponential(0)}`} of its ` +
              `weights. Where units are dead, try another seed or ${smallerRate(setting)}; elsewhere larger steps`,
          },
    )
  },
}
