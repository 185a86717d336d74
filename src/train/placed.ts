/** What every event tells of its place: the steps of the whole training that are done, those between epochs too. */
export interface Placed {
  readonly step: number
}

/** In a greedy training: the block that learns. Each has epochs of its own. */
export interface Learning {
  readonly learns?: string
}
