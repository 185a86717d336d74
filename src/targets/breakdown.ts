/** What held-out samples say of one class or label. */
export interface NamedFigures {
  readonly name: string
  /** Samples that have it. */
  readonly samples: number
  /** Samples of which the network says it. */
  readonly said: number
  /** Both. */
  readonly hits: number
  /** Of those that are said to have it, the share that has it; absent where it is said of none. */
  readonly precision?: number
  /** Of those that have it, the share that is said to; absent where none has it. */
  readonly recall?: number
  /** The harmonic mean of both; absent where no sample has it and none is said to. */
  readonly f1?: number
}

/** Figures of every class or label, beside those of the whole network. */
export interface Breakdown {
  readonly each: readonly NamedFigures[]
  /** Of classes: the samples of each true class (rows) that are taken for each class (columns). */
  readonly confusion?: readonly (readonly number[])[]
}

/** Adds up a breakdown. */
export interface BreakdownTally {
  /** As that of a `Tally`. */
  add(scores: Float32Array, targets: ArrayLike<number>, rows: number): void
  breakdown(): Breakdown
}

export function namedFigures(name: string, samples: number, said: number, hits: number): NamedFigures {
  return {
    ...{ name, samples, said, hits },
    ...(said > 0 && { precision: hits / said }),
    ...(samples > 0 && { recall: hits / samples }),
    ...(said + samples > 0 && { f1: (2 * hits) / (said + samples) }),
  }
}
