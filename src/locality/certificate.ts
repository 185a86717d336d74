/** What one block's update reads, found in the graph. */
export interface LayerCertificate {
  /** From below, starting at 0. */
  readonly layer: number
  readonly name: string
  /** Some step changes it; a frozen block reads nothing. */
  readonly learns: boolean
  /** The number of blocks that the update's derivatives span: 1 is strictly local. */
  readonly window: number
  /** The number of trainable products that the longest derivative path crosses. */
  readonly depth: number
  readonly reads: {
    /** Where labels enter: in what the block is fed, past it (a loss, a choice of weights), or not at all. */
    readonly labels: 'input' | 'loss' | 'none'
    /** Trained tensors of blocks above that reach the update through argmax, comparison or index alone. */
    readonly choice: readonly string[]
    /** Trained tensors of blocks above that reach it by values: feedback weights, settled states, hand-written passes. */
    readonly feedback: readonly string[]
    /** A forward weight of a block above is used transposed in that feedback. */
    readonly transport: boolean
    /** Single numbers, broadcast to the block, that carry something down from the blocks above. */
    readonly global: readonly string[]
  }
}

export interface Certificate {
  /** Every window is 1, no feedback enters, and the network has more blocks than one. */
  readonly local: boolean
  readonly layers: readonly LayerCertificate[]
}
