/** Where a training stands: `batch` batches of epoch `epoch` of phase `phase` are done; all count from 0. */
export interface Position {
  /** Greedy training has one phase for each layer, joint training a single one. */
  readonly phase: number
  readonly epoch: number
  /** From 0 to the number of batches: then all are done, but not yet what follows an epoch. */
  readonly batch: number
}

/** The whole course of a training, known before it begins. */
export interface Plan {
  readonly phases: number
  readonly epochs: number
  /** Batches per epoch. Images that do not fill a last batch sit this epoch out; another order comes in the next. */
  readonly batches: number
  /** Batches between checkpoints; 0: none within an epoch. */
  readonly checkpointEvery: number
  /** The key of the program that runs on a batch. */
  stepOf(position: Position): string
}

/** Consecutive batches of one epoch on which one program runs. */
export interface Call {
  readonly at: Position
  readonly steps: number
  readonly step: string
}

/** The number of a batch in the whole training: noise is drawn by it, so that it never depends on how calls are cut. */
export const globalStep = ({ epochs, batches }: Plan, { phase, epoch, batch }: Position): number =>
  (phase * epochs + epoch) * batches + batch

/** The epochs of all phases, counted through: the order of images and their changes are drawn by it. */
export const globalEpoch = ({ epochs }: Plan, { phase, epoch }: Pick<Position, 'phase' | 'epoch'>): number =>
  phase * epochs + epoch

/** The part of the phase that is done before a batch, from 0 to below 1: what a rule's schedules go by. */
export const progressAt = ({ epochs, batches }: Plan, { epoch, batch }: Position): number =>
  (epoch * batches + batch) / (epochs * batches)

/** The longest call from a position on, of at most `limit` steps; undefined at the end of an epoch. */
export function callAt(plan: Plan, at: Position, limit: number): Call | undefined {
  if (at.batch >= plan.batches) return undefined
  const step = plan.stepOf(at)
  const { checkpointEvery: every } = plan
  const checkpoint = every === 0 ? plan.batches : (Math.floor(at.batch / every) + 1) * every
  const end = Math.min(plan.batches, at.batch + limit, checkpoint)
  let batch = at.batch + 1
  while (batch < end && plan.stepOf({ ...at, batch }) === step) batch++
  return { at, steps: batch - at.batch, step }
}

/** Where the next call begins, past the end of an epoch too, as long as the phase lasts. */
export function following({ epochs, batches }: Plan, { at, steps }: Call): Position | undefined {
  const batch = at.batch + steps
  if (batch < batches) return { ...at, batch }
  return at.epoch + 1 < epochs ? { ...at, epoch: at.epoch + 1, batch: 0 } : undefined
}
