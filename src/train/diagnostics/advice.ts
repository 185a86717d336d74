/** Something seems wrong with the training, and there is something to try. Each kind is told once for each block. */
export interface AdviceEvent {
  readonly event: 'advice'
  /** The steps of the whole training that are done. */
  readonly step: number
  readonly epoch: number
  /** What is wrong: the kind of the diagnosis. */
  readonly kind: string
  /** Absent: the network. */
  readonly block?: string
  /** What was measured, in words, and the number. */
  readonly measured: string
  readonly value: number
  /** What is wrong, and what to try. */
  readonly message: string
}
