import { best } from './best.js'

/** Counts how often samples of each class are said to be of each. */
export interface ConfusionTally {
  /** [classes, classes], a row for each true class, row after row. A sample of which a score is no number is not counted. */
  readonly counts: Uint32Array
  /** Scores [rows, classes], and the true classes of the same samples. */
  add(scores: Float32Array, targets: ArrayLike<number>, rows: number): void
}

export function tallyConfusion(classes: number): ConfusionTally {
  const counts = new Uint32Array(classes * classes)
  return {
    counts,
    add(scores, targets, rows) {
      for (let row = 0; row < rows; row++) {
        const said = best(scores, row * classes, classes)
        if (said >= 0) counts[targets[row]! * classes + said]!++
      }
    },
  }
}
