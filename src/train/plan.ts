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
  /** The first phase that runs; those before it were another training's. */
  readonly from: number
  /** The number of the last phase that runs, plus one. */
  readonly phases: number
  readonly epochs: number
  /** Batches per epoch. Images that do not fill a last batch sit this epoch out; another order comes in the next. */
  readonly batches: number
  /** Batches between checkpoints; 0: none within an epoch. */
  readonly checkpointEvery: number
  /** The key of the program that begins at a batch; it may span no more batches than `room`. */
  stepOf(position: Position, room: number): string
  /** The batches that one run of a program takes. */
  spanOf(step: string): number
}

/** Consecutive batches of one epoch on which one program runs. */
export interface Call {
  readonly at: Position
  readonly batches: number
  /** Runs of the program: fewer than the batches where one takes several. */
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
export const progressAt = ({ epochs, batches }: Pick<Plan, 'epochs' | 'batches'>, { epoch, batch }: Position): number =>
  (epoch * batches + batch) / (epochs * batches)

/** The batches from a position to the end of its epoch, or to where a checkpoint is due. */
function roomAt({ batches, checkpointEvery: every }: Plan, { batch }: Position): number {
  const checkpoint = every === 0 ? batches : (Math.floor(batch / every) + 1) * every
  return Math.min(batches, checkpoint) - batch
}

/** The key of the program that runs at a position. */
export const stepAt = (plan: Plan, at: Position): string => plan.stepOf(at, roomAt(plan, at))

/** The longest call from a position on, of at most `limit` steps; undefined at the end of an epoch. */
export function callAt(plan: Plan, at: Position, limit: number): Call | undefined {
  if (at.batch >= plan.batches) return undefined
  const step = stepAt(plan, at)
  const span = plan.spanOf(step)
  const most = Math.min(roomAt(plan, at), limit * span)
  let batches = span
  while (batches + span <= most) {
    const next = { ...at, batch: at.batch + batches }
    if (stepAt(plan, next) !== step) break
    batches += span
  }
  return { at, batches, steps: batches / span, step }
}

/** Where the next call begins, past the end of an epoch too, as long as the phase lasts. */
export function following({ epochs, batches }: Plan, { at, batches: taken }: Call): Position | undefined {
  const batch = at.batch + taken
  if (batch < batches) return { ...at, batch }
  return at.epoch + 1 < epochs ? { ...at, epoch: at.epoch + 1, batch: 0 } : undefined
}
