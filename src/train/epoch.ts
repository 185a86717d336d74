import type { TensorRecord } from '../runtime/index.js'
import type { TrainConfig } from './config.js'
import type { EpochEvent, Scores, TrainEvent } from './events.js'
import { type clock, meansOf, meter } from './meter.js'
import { notFinite } from './not-finite.js'
import { betweenOf, endOf, globalStep, isCheckpointDue, isEpochDone, whereIs } from './plan.js'
import type { Standing } from './standing.js'
import type { Trainer } from './trainer.js'

/** What the steps of an epoch made, for its event. */
export type Made = Pick<EpochEvent, 'fromBatch' | 'metrics' | 'between' | 'learns'>

/** The steps of an epoch, and what the first run on its batches measured; undefined after a resumption within it. */
export interface Stepped {
  readonly made: Made
  readonly begin: Scores | undefined
}

/** The steps from where a training stands to the end of its epoch; undefined where they ended the training. */
export async function* stepsOfEpoch(
  trainer: Trainer,
  standing: Standing,
  time: ReturnType<typeof clock>,
  learns: Pick<Made, 'learns'>,
  { signal, turn }: Pick<TrainConfig, 'signal' | 'turn'>,
): AsyncGenerator<TrainEvent, Stepped | undefined> {
  const { plan, blocks, settings } = trainer
  const fromBatch = standing.at.batch
  const onBatches = meter()
  let begin: Scores | undefined
  const between = new Map<string, ReturnType<typeof meter>>()
  // What frozen layers hand up is made before the epoch begins.
  await trainer.prepare(standing.at)
  time.beginEpoch()
  for (;;) {
    const isDone = isEpochDone(plan, standing.at)
    const most = isDone || signal?.aborted ? undefined : await turn?.(standing)
    if (signal?.aborted) {
      yield* standing.stop()
      return undefined
    }
    if (isDone) break
    // Compiled before the clock runs: rates are those of the steps.
    await trainer.prepare(standing.at)
    const { call, ...result } = await time.training(() => trainer.next(standing.at, most === undefined ? {} : { most }))
    const broken = notFinite(result, blocks)
    if (broken) {
      yield standing.ruined(`${broken} ${whereIs(plan, call.at, call)}`)
      return undefined
    }
    standing.at = endOf(call)
    const isBetween = call.between > 0
    if (isBetween && !between.has(call.step)) between.set(call.step, meter())
    if (call.batches > 0 && call.at.batch === 0) begin = meansOf(firstOf(result.metrics))
    const means = between.get(call.step)
    ;(isBetween ? means! : onBatches).add(result.metrics, call.between)
    const { at } = standing
    yield {
      event: 'progress',
      step: globalStep(plan, at),
      epoch: at.epoch + 1,
      batch: at.batch,
      ...(isBetween && { between: { step: call.step, done: at.between, of: betweenOf(plan, at) } }),
      progress: time.progress(at),
      rowsPerSecond: time.rowsPerSecond(settings.options.batch),
      secondsLeft: time.secondsLeft(at),
      metrics: meansOf(result.metrics),
      ...learns,
    }
    if (isCheckpointDue(plan, at)) yield* standing.save()
  }
  const told = [...between].map(([step, own]) => [step, { steps: own.steps(), metrics: own.means() }] as const)
  const made = {
    ...(fromBatch > 0 && { fromBatch }),
    metrics: onBatches.means(),
    ...(told.length > 0 && { between: Object.fromEntries(told) }),
    ...learns,
  }
  return { made, begin }
}

/** What the first of several runs measured. */
const firstOf = (metrics: TensorRecord): TensorRecord =>
  Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, values.slice(0, 1)]))
