import { checkDataSet, type DataSet } from '../data/index.js'
import { foundOf } from '../data/own/found.js'
import type { TensorRecord } from '../runtime/index.js'
import { nameState, stateRecord } from './checkpoint.js'
import { closing, measuredSplit } from './closing.js'
import type { TrainConfig } from './config.js'
import { adviserOf } from './diagnostics/adviser.js'
import { stepsOfEpoch } from './epoch.js'
import type { Scores, StartEvent, TrainEvent, WeightsTaken } from './events.js'
import { firstState } from './first-state.js'
import { type Bench, benchOf, criterionOf, earlyMessage, highestOf, judge, learnedPart } from './judge.js'
import { clock } from './meter.js'
import { beginOf, globalStep, nextEpoch, stepsOf } from './plan.js'
import { solving } from './solving.js'
import { standingOf } from './standing.js'
import { openTrainer, type Trainer } from './trainer.js'

/**
 * Trains, and tells of it. On one machine's CPU the same settings give the same numbers, however often the training was
 * stopped and resumed and however its steps were cut into calls; the number of threads is chosen only among those that
 * give the same bits. The test set is read once, after everything else, or not at all where `test` is false.
 *
 * Ends with `done`, or with `stopped` where it was aborted or a number was no longer finite; early stopping ends a
 * phase, not the training. Throws a UserError for settings that are wrong, for a checkpoint that does not fit, and
 * where one cannot be written; the one before is then still there.
 */
export async function* train(given: TrainConfig): AsyncGenerator<TrainEvent> {
  const config = { ...given, data: checkDataSet(given.data) }
  const trainer = await openTrainer(config)
  try {
    yield* trainOn(trainer, config)
  } finally {
    await trainer.close()
  }
}

/** The same on a trainer of the same settings that the caller has opened, and closes. */
export async function* trainOn(
  trainer: Trainer,
  config: TrainConfig & { readonly data: DataSet },
): AsyncGenerator<TrainEvent> {
  const { rule, platform, signal, told: { run } = {} } = config
  const { plan, settings, validation, task } = trainer
  const { options } = settings
  const bench = benchOf(rule, task, settings, trainer.blocks)
  const learned = (scores: Scores, layer?: number): Scores => learnedPart(bench, scores, highestOf(bench, layer))
  const standing = standingOf(trainer, config)

  const { state: first, taken } = await firstState(trainer, config)
  await trainer.load(first)
  const now = platform.now ?? (() => performance.now())
  const time = clock(now, plan)
  yield startEvent(trainer, config, bench, taken)
  yield* standing.save()
  const adviser = config.advice === false ? undefined : adviserOf(trainer, rule, first)

  let score: Scores | undefined
  while (standing.at.phase < plan.phases) {
    const { phase, epoch } = standing.at
    const layer = options.schedule === 'greedy' ? phase : undefined
    const learns = layer === undefined ? {} : { learns: bench.blocks[layer]! }
    const stepped = yield* stepsOfEpoch(trainer, standing, time, learns, config)
    if (!stepped) return
    const { made, begin } = stepped

    score = undefined
    // A read-out that is not solved yet says nothing.
    if (validation.count > 0 && !trainer.readOut) {
      score = yield* time.scoring(() => measuredSplit(trainer, 'validation', validation, signal))
      if (!score) return yield* standing.stop()
    }
    const verdict = score && judge(bench, score, epoch, standing.best, layer)
    yield {
      event: 'epoch',
      step: globalStep(plan, standing.at),
      epoch: epoch + 1,
      ...made,
      ...(score && { validation: learned(score, layer) }),
      ...(verdict && { criterion: verdict.criterion }),
      ...time.epoch(options.batch),
    }

    if (verdict?.broken) {
      const what = `the held-out ${verdict.criterion.figure} is no finite number after epoch ${epoch + 1}`
      return yield standing.ruined(what)
    }
    let state: TensorRecord | undefined = adviser || verdict?.better ? await trainer.read() : undefined
    if (adviser) {
      const { metrics } = made
      const ended = { epoch: epoch + 1, begin, metrics, validation: score, criterion: verdict?.criterion }
      yield* await adviser(ended, standing.at, state!)
    }
    if (verdict?.better) {
      standing.best = { ...verdict.best!, state: nameState(trainer.tensors, state!) }
    }
    if (verdict?.early) yield standing.stopped('early', earlyMessage(verdict, epoch, learns.learns))
    standing.at = verdict?.early ? beginOf(phase + 1) : nextEpoch(plan, standing.at)
    if (standing.at.phase !== phase) {
      const { best } = standing
      if (best && best.epoch !== epoch) {
        state = stateRecord(best.state)
        await trainer.load(state)
        score = undefined
      }
      standing.best = undefined
    }
    yield* standing.save(state)
  }

  if (!(yield* solving(trainer, standing, now, signal))) return yield* standing.stop()
  const last = yield* closing(trainer, config, score)
  if (!last) return yield* standing.stop()
  yield {
    event: 'done',
    step: globalStep(plan, standing.at),
    test: learned(last.test),
    ...(last.validation && { validation: learned(last.validation) }),
    ...time.run(options.batch),
    ...(run !== undefined && { run }),
  }
}

/** The first event: what is trained, on what, how long, and its certificate. */
export function startEvent(
  trainer: Trainer,
  { rule, data, preset, resume, told }: TrainConfig & { data: DataSet },
  bench: Bench,
  taken: WeightsTaken | undefined,
): StartEvent {
  const { plan, settings, trainingSamples, validation, parameters, certificate } = trainer
  const highest = highestOf(bench)
  const { seed, device, precision, epochs, batch } = settings.options
  const found = foundOf(data)
  const open = rule.presets[preset ?? told?.preset ?? '']?.reconstructed ?? []
  const reconstructed = [...(rule.reconstructed ?? []), ...open]
  const warnings = [...(rule.warnings?.(trainer.task, settings.hyper) ?? []), ...leftOut(data, settings.options.limit)]
  return {
    ...{ event: 'start', rule: rule.id, source: rule.source },
    ...(reconstructed.length > 0 && { reconstructed }),
    ...(warnings.length > 0 && { warnings }),
    criterion: criterionOf(bench, highest),
    ...(rule.figures && { figures: rule.figures }),
    ...{ data: data.name, seed, device, precision },
    ...(found ? { found } : data.fingerprint !== undefined && { fingerprint: data.fingerprint }),
    ...(preset !== undefined && { preset }),
    ...(highest !== undefined && { highest: bench.blocks[highest]! }),
    ...{ epochs, batch, batchesPerEpoch: plan.batches, steps: stepsOf(plan) },
    ...{ trainingSamples, validationSamples: validation.count, parameters },
    ...{ peakActivationBytes: trainer.peakActivationBytes, stateBytes: trainer.stateBytes, certificate },
    ...(taken && { from: taken }),
    ...(resume && { resumedAt: globalStep(plan, resume.position) }),
    ...told,
  }
}

/** A limit takes the first samples, and one's own data are often in the order of their classes. */
function leftOut({ target, names, train: { targets, count } }: DataSet, limit: number): string[] {
  if (target.kind !== 'class' || limit >= count) return []
  const met = new Set<number>(targets!.subarray(0, limit))
  const [unseen, ...more] = names.filter((_, label) => !met.has(label))
  if (unseen === undefined) return []
  const others = more.length > 0 ? ` or of ${more.length} more classes` : ''
  return [
    `none of the first ${limit} training samples, which limit takes, is of ${unseen}${others}: take more, or shuffle the data`,
  ]
}
