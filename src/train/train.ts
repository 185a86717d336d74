import type { Split } from '../data/index.js'
import type { TensorRecord } from '../runtime/index.js'
import { type Checkpoint, encodeCheckpoint, nameState, stateRecord } from './checkpoint.js'
import type { EpochEvent, Scores, StoppedEvent, TrainEvent } from './events.js'
import { firstState } from './first-state.js'
import { benchOf, criterionOf, judge } from './judge.js'
import { highestOf, learnedPart } from './learned.js'
import { clock, meansOf, meter } from './meter.js'
import { adviceOn, notFinite } from './not-finite.js'
import {
  beginOf,
  betweenOf,
  endOf,
  globalEpoch,
  globalStep,
  isCheckpointDue,
  isEpochDone,
  nextEpoch,
  type Position,
} from './plan.js'
import { earlyMessage, startEvent, whereIs } from './telling.js'
import { openTrainer, type Trainer, type TrainerConfig } from './trainer.js'

export interface TrainConfig extends TrainerConfig {
  /** Stops between two calls: a checkpoint is written, and `stopped` is the last event. */
  readonly signal?: AbortSignal | undefined
  /** Goes on where this checkpoint ends. Its settings must be those asked for here. */
  readonly resume?: Checkpoint | undefined
  /** For a layer that is trained alone: the network whose layers below it are frozen. */
  readonly below?: Checkpoint | undefined
  /** The name of the preset that these settings came from: told in the events, not applied again. */
  readonly presetName?: string | undefined
  /** Where the run is kept, for the events. */
  readonly run?: string | undefined
}

/**
 * Trains, and tells of it. On the CPU the same settings give the same numbers, however often the training was stopped
 * and resumed and however its steps were cut into calls. The test set is read once, after everything else.
 *
 * Ends with `done`, or with `stopped` where it was aborted or a number was no longer finite; early stopping ends a
 * phase, not the training. Throws a UserError for settings that are wrong, for a checkpoint that does not fit, and
 * where one cannot be written; the one before is then still there.
 */
export async function* train(config: TrainConfig): AsyncGenerator<TrainEvent> {
  const trainer = await openTrainer(config)
  try {
    yield* training(trainer, config)
  } finally {
    await trainer.close()
  }
}

/** What the steps of an epoch made. */
type Made = Pick<EpochEvent, 'fromBatch' | 'metrics' | 'between'>

async function* training(trainer: Trainer, config: TrainConfig): AsyncGenerator<TrainEvent> {
  const { rule, data, platform, signal, resume, run } = config
  const { plan, settings, validation, task } = trainer
  const { hyper, options } = settings
  const bench = benchOf(rule, task, settings, trainer.blocks)
  const highest = highestOf(rule, task, settings)
  const learned = (scores: Scores, upTo = highest): Scores => learnedPart(scores, rule, hyper, bench.blocks, upTo)

  let at: Position = resume?.position ?? beginOf(plan.from)
  let best = resume?.best
  let score: Scores | undefined
  let saved: { at: Position; path: string } | undefined = resume && { at, path: run ?? 'the one that it began with' }

  const save = async function* (state?: TensorRecord): AsyncGenerator<TrainEvent> {
    if (!platform.saveCheckpoint || saved?.at === at) return
    const checkpoint = trainer.checkpoint(at, state ?? (await trainer.read()), best)
    saved = { at, path: await platform.saveCheckpoint(encodeCheckpoint(checkpoint)) }
    const [step, epoch] = [globalStep(plan, at), globalEpoch(plan, at)]
    yield { event: 'checkpoint', path: saved.path, step, epoch, batch: at.batch }
  }
  const stopped = (reason: StoppedEvent['reason'], message: string): StoppedEvent => ({
    event: 'stopped',
    reason,
    step: globalStep(plan, at),
    message,
  })
  const stop = async function* (): AsyncGenerator<TrainEvent> {
    yield* save()
    const kept = saved ? `; it can go on from its checkpoint, ${saved.path}` : ''
    yield stopped('aborted', `stopped ${whereIs(plan, at)}${kept}`)
  }
  const ruined = (what: string): StoppedEvent => {
    const kept = saved ? `; the last good checkpoint is ${saved.path}` : ''
    return stopped('not-finite', `${what}: ${adviceOn(hyper)}${kept}`)
  }
  /** Undefined if the signal cut it short. */
  const measured = async function* (
    what: 'validation' | 'test',
    split: Split,
  ): AsyncGenerator<TrainEvent, Scores | undefined> {
    const work = trainer.measuring(split, signal)
    for (let done = 0; ; ) {
      yield { event: 'measuring', what, done, of: split.count }
      const next = await work.next()
      if (next.done) return next.value
      done = next.value
    }
  }

  await trainer.load(await firstState(trainer, config))
  const time = clock(platform.now ?? (() => performance.now()), plan)
  yield startEvent(trainer, config, { criterion: criterionOf(bench, highest), highest, at })
  yield* save()

  /** The steps from here to the end of the epoch, and what they measured; undefined where they ended early. */
  const steps = async function* (learns: Pick<EpochEvent, 'learns'>): AsyncGenerator<TrainEvent, Made | undefined> {
    const fromBatch = at.batch
    const means = meter()
    const between = new Map<string, ReturnType<typeof meter>>()
    await trainer.prepare(at)
    time.beginEpoch()
    for (;;) {
      if (signal?.aborted) {
        yield* stop()
        return undefined
      }
      if (isEpochDone(plan, at)) break
      // Compiled before the clock runs: rates are those of the steps.
      await trainer.prepare(at)
      const { call, ...result } = await time.training(() => trainer.next(at))
      const bad = notFinite(result, trainer.blocks)
      if (bad) {
        yield ruined(`${bad} ${whereIs(plan, call.at, call)}`)
        return undefined
      }
      at = endOf(call)
      const repeats = call.between > 0
      if (repeats && !between.has(call.step)) between.set(call.step, meter())
      const own = repeats ? between.get(call.step)! : means
      own.add(result.metrics, call.between)
      yield {
        event: 'progress',
        ...{ step: globalStep(plan, at), epoch: at.epoch + 1, batch: at.batch },
        ...(repeats && { between: { step: call.step, done: at.between, of: betweenOf(plan, at) } }),
        ...{ progress: time.progress(at), rowsPerSecond: time.rowsPerSecond(options.batch) },
        ...{ secondsLeft: time.secondsLeft(at), metrics: meansOf(result.metrics), ...learns },
      }
      if (isCheckpointDue(plan, at)) yield* save()
    }
    const told = [...between].map(([step, own]) => [step, { steps: own.steps(), metrics: own.means() }] as const)
    return {
      ...(fromBatch > 0 && { fromBatch }),
      metrics: means.means(),
      ...(told.length > 0 && { between: Object.fromEntries(told) }),
    }
  }

  while (at.phase < plan.phases) {
    const { phase, epoch } = at
    const layer = options.schedule === 'greedy' ? phase : undefined
    const learns = layer === undefined ? {} : { learns: bench.blocks[layer]! }
    const made = yield* steps(learns)
    if (!made) return
    score = validation.count > 0 ? yield* measured('validation', validation) : undefined
    if (signal?.aborted) return yield* stop()
    const verdict = score && judge(bench, score, epoch, best, layer)
    yield {
      event: 'epoch',
      ...{ step: globalStep(plan, at), epoch: epoch + 1, ...made },
      ...(score && { validation: learned(score, highestOf(rule, task, settings, layer)) }),
      ...(verdict && { criterion: verdict.criterion }),
      ...time.epoch(options.batch),
      ...learns,
    }
    if (verdict?.broken)
      return yield ruined(`the held-out ${verdict.criterion.figure} is no finite number after epoch ${epoch + 1}`)
    let state: TensorRecord | undefined
    if (verdict?.better) {
      state = await trainer.read()
      best = { ...verdict.best!, state: nameState(trainer.tensors, state) }
    }
    at = nextEpoch(plan, at)
    if (verdict?.early) {
      at = beginOf(phase + 1)
      yield stopped('early', earlyMessage(verdict, epoch, learns.learns))
    }
    if (at.phase !== phase) {
      if (best && best.epoch !== epoch) {
        state = stateRecord(best.state)
        await trainer.load(state)
        score = undefined
      }
      best = undefined
    }
    yield* save(state)
  }

  if (validation.count > 0) score ??= yield* measured('validation', validation)
  const test = signal?.aborted ? undefined : yield* measured('test', data.test)
  if (!test) return yield* stop()
  yield {
    event: 'done',
    ...{ step: globalStep(plan, at), test: learned(test) },
    ...(score && { validation: learned(score) }),
    ...time.run(options.batch),
    ...(run !== undefined && { run }),
  }
}
