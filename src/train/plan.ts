import { UserError } from '../errors.js'

/** Where a training stands: what of an epoch of a phase is done; all count from 0. */
export interface Position {
  /** Greedy training has one phase for each layer, joint training a single one. */
  readonly phase: number
  readonly epoch: number
  /** Steps between epochs: they come before the batches of this one. */
  readonly between: number
  /** From 0 to the number of batches: then all are done, but not yet what follows an epoch. */
  readonly batch: number
}

/** A step that reads no data, so many times in a row. */
export interface Repeated {
  readonly step: string
  readonly times: number
}

/** The whole course of a training, known before it begins. */
export interface Plan {
  /** The first phase that runs; those before it were another training's. */
  readonly from: number
  /** The number of the last phase that runs, plus one. */
  readonly phases: number
  readonly epochs: number
  /** Batches per epoch. Samples that do not fill a last batch sit this epoch out; another order comes in the next. */
  readonly batches: number
  /** Steps between checkpoints; 0: none within an epoch. */
  readonly checkpointEvery: number
  /** By epoch: what runs before its batches, without data. Greedy training has none. */
  readonly between?: readonly (readonly Repeated[])[]
  /** The key of the program that begins at a batch; it may span no more batches than `room`. */
  stepOf(position: Position, room: number): string
  /** The batches that one run of a program takes. */
  spanOf(step: string): number
}

/** Consecutive steps of one epoch on which one program runs: on batches, or between epochs. One of both is 0. */
export interface Call {
  readonly at: Position
  readonly batches: number
  readonly between: number
  /** Runs of the program: fewer than the batches where one takes several. */
  readonly runs: number
  readonly step: string
}

const sum = (times: readonly Repeated[]): number => times.reduce((all, { times: own }) => all + own, 0)

/** The steps between epochs that come before the batches of an epoch. */
export const betweenOf = ({ between }: Plan, { epoch }: Pick<Position, 'epoch'>): number => sum(between?.[epoch] ?? [])

/** The number of a step between epochs, counted through all of them: its noise is drawn by it. */
export const betweenNumber = ({ between = [] }: Plan, at: Position): number => {
  // They belong to the one phase of a joint training: after it all of them are done.
  const done = at.phase > 0 ? between : between.slice(0, at.epoch)
  return done.reduce((all, own) => all + sum(own), 0) + at.between
}

/** The number of a batch in the whole training. Its noise is drawn by it: how calls are cut does not matter. */
export const batchNumber = ({ epochs, batches }: Plan, { phase, epoch, batch }: Position): number =>
  (phase * epochs + epoch) * batches + batch

/** The steps of the whole training that are done, those of other trainings below it too. */
export const globalStep = (plan: Plan, at: Position): number => batchNumber(plan, at) + betweenNumber(plan, at)

/** Where a phase begins. */
export const beginOf = (phase: number): Position => ({ phase, epoch: 0, between: 0, batch: 0 })

/** The steps that this training makes from its begin to its end. */
export const stepsOf = (plan: Plan): number => {
  const last = { phase: plan.phases - 1, epoch: plan.epochs, between: 0, batch: 0 }
  return globalStep(plan, last) - globalStep(plan, beginOf(plan.from))
}

/** Throws a UserError unless a training can stand there: in one of its epochs, or after the last. */
export function checkPosition(plan: Plan, at: Position): void {
  const { phase, epoch, between, batch } = at
  const before = betweenOf(plan, at)
  const isOver = phase === plan.phases && epoch + between + batch === 0
  const isInside = phase < plan.phases && epoch < plan.epochs && batch <= plan.batches
  const isInOrder = between <= before && (batch === 0 || between === before)
  if ([phase - plan.from, epoch, between, batch].every(isCount) && (isOver || (isInside && isInOrder))) return
  throw new UserError(`this training never stands at ${JSON.stringify(at)}`)
}

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0

/** The position after so many steps of this training. */
export function positionAt(plan: Plan, step: number): Position {
  if (!isCount(step)) throw new UserError(`a number of steps is a whole number from 0, not ${step}`)
  let at = beginOf(plan.from)
  for (let left = step; at.phase < plan.phases; at = nextEpoch(plan, at)) {
    const before = betweenOf(plan, at)
    if (left < before + plan.batches)
      return { ...at, between: Math.min(left, before), batch: Math.max(0, left - before) }
    left -= before + plan.batches
  }
  return at
}

/** The epochs of all phases, counted through: the order of samples and their changes are drawn by it. */
export const globalEpoch = ({ epochs }: Plan, { phase, epoch }: Pick<Position, 'phase' | 'epoch'>): number =>
  phase * epochs + epoch

/** The part of the phase's batches that is done, from 0 to below 1: what a rule's schedules go by. */
export const progressAt = (
  { epochs, batches }: Pick<Plan, 'epochs' | 'batches'>,
  { epoch, batch }: Pick<Position, 'epoch' | 'batch'>,
): number => (epoch * batches + batch) / (epochs * batches)

/** Whether nothing is left of an epoch but what follows it. */
export const isEpochDone = (plan: Plan, at: Position): boolean => at.batch >= plan.batches

/** The first position of the next epoch: of this phase, or of the next one. */
export const nextEpoch = ({ epochs }: Plan, { phase, epoch }: Position): Position =>
  epoch + 1 < epochs ? { ...beginOf(phase), epoch: epoch + 1 } : beginOf(phase + 1)

/** Whether a checkpoint is due within an epoch. */
export function isCheckpointDue(plan: Plan, { between, batch }: Position): boolean {
  const { checkpointEvery: every, batches } = plan
  const done = batch > 0 ? batch : between
  return every > 0 && done > 0 && done % every === 0 && batch < batches
}

/** The steps from a position to where one of these comes first: `end`, a checkpoint, or as many as are asked for. */
function roomTo({ checkpointEvery: every }: Plan, done: number, end: number, most: number): number {
  const checkpoint = every === 0 ? end : (Math.floor(done / every) + 1) * every
  return Math.min(end - done, checkpoint - done, most)
}

/** What runs at a position before the batches, and up to which step between epochs; undefined where batches run. */
function repeatedAt({ between = [] }: Plan, at: Position): { step: string; end: number } | undefined {
  let end = 0
  for (const { step, times } of between[at.epoch] ?? []) {
    end += times
    if (at.between < end && at.batch === 0) return { step, end }
  }
  return undefined
}

/** The key of the program that runs at a position, if no more than `most` steps are asked for. */
export const stepAt = (plan: Plan, at: Position, most = Number.POSITIVE_INFINITY): string =>
  repeatedAt(plan, at)?.step ?? plan.stepOf(at, roomTo(plan, at.batch, plan.batches, most))

/** The keys of the programs of an epoch, each batch taken by itself, and of those between epochs before it. */
export const stepsAt = (plan: Plan, at: Pick<Position, 'phase' | 'epoch'>): string[] => [
  ...new Set([
    ...(plan.between?.[at.epoch] ?? []).map(({ step }) => step),
    ...Array.from({ length: plan.batches }, (_, batch) => plan.stepOf({ ...at, between: 0, batch }, 1)),
  ]),
]

/** The longest call from a position on, of at most `limit` runs and `most` steps; undefined at the end of an epoch. */
export function callAt(plan: Plan, at: Position, limit: number, most = Number.POSITIVE_INFINITY): Call | undefined {
  if (isEpochDone(plan, at)) return undefined
  const repeated = repeatedAt(plan, at)
  if (repeated) {
    const runs = Math.min(roomTo(plan, at.between, repeated.end, most), limit)
    return { at, batches: 0, between: runs, runs, step: repeated.step }
  }
  const step = stepAt(plan, at, most)
  const span = plan.spanOf(step)
  const room = Math.min(roomTo(plan, at.batch, plan.batches, most), limit * span)
  let batches = span
  while (batches + span <= room) {
    if (stepAt(plan, { ...at, batch: at.batch + batches }, most - batches) !== step) break
    batches += span
  }
  return { at, batches, between: 0, runs: batches / span, step }
}

/** Where a call ends: in its own epoch. */
export const endOf = ({ at, batches, between }: Call): Position => ({
  ...at,
  between: at.between + between,
  batch: at.batch + batches,
})

/** Where the next call begins, past the end of an epoch too, as long as the phase lasts. */
export function following(plan: Plan, call: Call): Position | undefined {
  const end = endOf(call)
  if (!isEpochDone(plan, end)) return end
  return end.epoch + 1 < plan.epochs ? nextEpoch(plan, end) : undefined
}

/** A place in a training, or the steps of a call that begins there. */
export function whereIs({ phases }: Plan, { phase, epoch, between, batch }: Position, call?: Call): string {
  if (phase >= phases) return 'after the last epoch'
  const range = (first: number, count: number): string => `${first + 1}${count === 1 ? '' : ` to ${first + count}`}`
  if (call && call.between > 0) return `before epoch ${epoch + 1}, step ${range(between, call.between)} of ${call.step}`
  if (call) return `in epoch ${epoch + 1}, batch ${range(batch, call.batches)}`
  const done = batch === 0 && between > 0 ? `${between} steps before its batches` : `${batch} batches`
  return `in epoch ${epoch + 1} after ${done}`
}
