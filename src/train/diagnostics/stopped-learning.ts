import type { Diagnosis } from './diagnosis.js'
import { smallerRate } from './remedies.js'

/** The part of its weights that a layer moves in an epoch, below which it stands still: float32 rounds by 6e-8 a step. */
const LEAST = 1e-5

/** A block whose steps still run, and move next to nothing. */
export const stoppedLearning: Diagnosis = {
  kind: 'stopped learning',
  find(observed, setting) {
    const { weights, learns, begin } = observed.at(-1)!
    if (!begin) return []
    return Object.entries(weights).flatMap(([block, { moved, learns: isWritten }]) =>
      !isWritten || moved >= LEAST || (learns !== undefined && learns !== block)
        ? []
        : {
            block,
            measured: 'what the epoch changed of the weights, as a part of them',
            value: moved,
            message:
              `it stopped learning: the epoch changed its weights by ${moved === 0 ? 'nothing' : `a part of ${moved.toExponential(0)}`}. ` +
              `No error reaches it any more, or its steps are too small. Try another seed, ${smallerRate(setting)} if its ` +
              'units are dead, and a larger one if they are not',
          },
    )
  },
}
