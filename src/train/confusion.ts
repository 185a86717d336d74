/**
 * How often samples of each class were said to be of each: [classes, classes], a row for each true class, row after
 * row.
 */
export interface Confusion {
  readonly classes: number
  readonly counts: Uint32Array
}
