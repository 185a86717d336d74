import type { DataSet } from '../data/index.js'
import { UserError } from '../errors.js'
import type { AnyRule } from '../rules/contract.js'
import {
  type Best,
  type Checkpoint,
  checkBelow,
  checkSame,
  checkState,
  encodeCheckpoint,
  imageKind,
  stateRecord,
  withDefaults,
} from './checkpoint.js'
import type { Figures, TrainEvent } from './events.js'
import { learnedPart } from './layer-alone.js'
import { clock, meansOf, meter } from './meter.js'
import { adviceOn, notFinite } from './not-finite.js'
import { resolve, type Wishes } from './options.js'
import { type Pipeline, pipelineOf } from './pipeline.js'
import { globalEpoch, globalStep, type Position, stepAt } from './plan.js'
import type { Platform } from './platform.js'
import type { NamedTensor } from './safetensors.js'
import { type Measured, measure } from './score.js'
import { openSession } from './session.js'

export interface TrainConfig extends Wishes {
  readonly rule: AnyRule
  readonly data: DataSet
  readonly platform: Platform
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
 * Trains, and tells of it. On one machine's CPU the same settings give the same numbers, however often the training was
 * stopped and resumed and however its steps were cut into calls; the number of threads is chosen only among those that
 * give the same bits. The test set is read once, after everything else.
 *
 * Ends with `done`, or with `stopped` where it was aborted or a number was no longer finite; early stopping ends a
 * phase, not the training. Throws a UserError for settings that are wrong, for a checkpoint that does not fit, and
 * where one cannot be written; the one before is then still there.
 */
export async function* train(config: TrainConfig): AsyncGenerator<TrainEvent> {
  const { rule, data, platform, signal, resume, below, run, preset = config.presetName } = config
  const settings = resolve(rule, data, config)
  const { options } = settings
  const session = await openSession(rule, data, settings, platform)
  const { course, highest, training, validation, predictor } = session
  const { plan } = course

  let at: Position = resume?.position ?? { phase: plan.from, epoch: 0, batch: 0 }
  let best = resume?.best
  let score: Measured | undefined
  let saved: { at: Position; path: string } | undefined = resume && { at, path: run ?? 'the one that it began with' }

  const save = async function* (state?: readonly NamedTensor[]): AsyncGenerator<TrainEvent> {
    if (!platform.saveCheckpoint || saved?.at === at) return
    const checkpoint: Checkpoint = {
      ...{ rule: rule.id, data: data.name, settings, images: imageKind(data), position: at },
      state: state ?? (await session.read()),
      ...(best && { best }),
    }
    saved = { at, path: await platform.saveCheckpoint(encodeCheckpoint(checkpoint)) }
    yield { event: 'checkpoint', path: saved.path, epoch: globalEpoch(plan, at), batch: at.batch }
  }
  const stop = async function* (): AsyncGenerator<TrainEvent> {
    yield* save()
    const where = at.phase < plan.phases ? whereIs(at) : 'after the last epoch'
    const kept = saved ? `; it can go on from its checkpoint, ${saved.path}` : ''
    yield { event: 'stopped', reason: 'aborted', message: `stopped ${where}${kept}` }
  }

  try {
    if (resume) {
      checkState(session.ports, resume.state, 'the checkpoint')
      checkSame(withDefaults(resume, rule), { rule: rule.id, data: data.name, settings }, 'the checkpoint')
    } else if (below) {
      checkState(session.ports, below.state, BELOW)
      checkBelow(withDefaults(below, rule), { rule: rule.id, data: data.name, settings }, plan.from, BELOW)
    } else if (plan.from > 0)
      throw new UserError(
        `layer ${plan.from} learns from what the layers below it hand up: name the run that trained them (--below RUN)`,
        {
          exitCode: 2,
        },
      )
    const given = resume ?? below
    await session.load(given ? stateRecord(given.state) : await session.initialState())
    const time = clock(platform.now ?? (() => performance.now()), plan)
    yield {
      event: 'start',
      ...{ rule: rule.id, source: rule.source },
      ...(rule.reconstructed && { reconstructed: rule.reconstructed }),
      ...(!rule.predict && { objective: rule.objective }),
      ...(rule.figures && { figures: rule.figures }),
      ...{ data: data.name, seed: options.seed, device: options.device, precision: options.precision },
      ...(preset !== undefined && { preset }),
      ...(highest !== undefined && { highest }),
      ...{ epochs: options.epochs, batch: options.batch, batchesPerEpoch: plan.batches },
      ...{ trainingImages: training.split.count, validationImages: validation.count, parameters: session.parameters },
      peakActivationBytes: session.peakActivationBytes,
      stateBytes: session.stateBytes,
      certificate: session.certificate,
      ...(resume && { resumedAt: globalStep(plan, at) }),
      ...(run !== undefined && { run }),
    }
    yield* save()

    let pipeline: Pipeline | undefined
    while (at.phase < plan.phases) {
      const { phase, epoch } = at
      const layer = options.schedule === 'greedy' ? { layer: phase } : {}
      pipeline ??= pipelineOf(session, options, await session.source(phase))
      const means = meter()
      const fromBatch = at.batch
      time.beginEpoch()
      for (;;) {
        if (signal?.aborted) return yield* stop()
        // Compiled before the clock runs: rates are those of the steps.
        if (at.batch < plan.batches) await session.program(stepAt(plan, at))
        const done = await time.training(() => pipeline!.next(at))
        if (!done) break
        const { batches } = done.call
        time.count(batches)
        const bad = notFinite(done)
        if (bad) {
          const message = `${bad} ${whereIs(at, batches)}: ${adviceOn(settings.hyper)}${keptIn(saved?.path)}`
          return yield { event: 'stopped', reason: 'not-finite', message }
        }
        means.add(done.metrics)
        at = { ...at, batch: at.batch + batches }
        yield {
          event: 'progress',
          ...{ epoch: epoch + 1, batch: at.batch, progress: time.progress(at) },
          ...{ rowsPerSecond: time.rowsPerSecond(options.batch), secondsLeft: time.secondsLeft(at) },
          metrics: meansOf(done.metrics),
          ...layer,
        }
        const { checkpointEvery: every } = plan
        if (every > 0 && at.batch % every === 0 && at.batch < plan.batches) yield* save()
      }

      score = undefined
      if (validation.count > 0) {
        score = await time.scoring(() => measure(predictor, validation, data.maximum, signal))
        if (!score) return yield* stop()
      }
      // A layer that learns while those above it know nothing yet is judged alone: by a figure, or by what it says alone.
      const greedy = options.schedule === 'greedy'
      const objective =
        rule.predict && !greedy ? undefined : greedy ? rule.greedy!.objective?.(phase, settings.hyper) : rule.objective
      const own = score && greedy ? score.layers[`layers.${phase}`] : undefined
      const accuracy = objective === undefined ? (own ?? score?.accuracy) : undefined
      yield {
        event: 'epoch',
        epoch: epoch + 1,
        ...(fromBatch > 0 && { fromBatch }),
        metrics: means.means(),
        ...(accuracy !== undefined && { validationAccuracy: accuracy }),
        // A greedy layer that is judged by a figure has nothing above it that could say anything yet.
        layers: greedy && objective !== undefined ? {} : (score?.layers ?? {}),
        ...figuresOf('validation', score),
        ...time.epoch(options.batch),
        ...layer,
      }

      at = { phase, epoch: epoch + 1, batch: 0 }
      let state: readonly NamedTensor[] | undefined
      if (options.patience > 0) {
        const now = objective === undefined ? accuracy! : -score!.figures[objective]!
        if (!Number.isFinite(now)) {
          const what = `the held-out ${objective ?? 'accuracy'} is no finite number`
          const message = `${what} after epoch ${epoch + 1}: ${adviceOn(settings.hyper)}${keptIn(saved?.path)}`
          return yield { event: 'stopped', reason: 'not-finite', message }
        }
        if (!best || now > best.merit) {
          state = await session.read()
          best = { epoch, merit: now, state }
        }
      }
      const early = best !== undefined && epoch - best.epoch >= options.patience
      if (early || at.epoch >= options.epochs) {
        if (early)
          yield { event: 'stopped', reason: 'early', message: earlyMessage(best!, epoch, layer.layer, objective) }
        if (best && best.epoch !== epoch) {
          await session.load(stateRecord(best.state))
          state = best.state
          score = undefined
        }
        at = { phase: phase + 1, epoch: 0, batch: 0 }
        best = undefined
        pipeline = undefined
      }
      yield* save(state)
    }

    if (validation.count > 0) score ??= await measure(predictor, validation, data.maximum, signal)
    if (signal?.aborted) return yield* stop()
    const tested = await measure(predictor, data.test, data.maximum, signal)
    if (!tested) return yield* stop()
    const test = learnedPart(tested, rule, settings.hyper, highest)
    const heldOut = score && learnedPart(score, rule, settings.hyper, highest)
    yield {
      event: 'done',
      ...(test.accuracy !== undefined && { testAccuracy: test.accuracy }),
      ...(heldOut?.accuracy !== undefined && { validationAccuracy: heldOut.accuracy }),
      layers: test.layers,
      ...figuresOf('test', test),
      ...figuresOf('validation', heldOut),
      ...time.run(options.batch),
      ...(run !== undefined && { run }),
    }
  } finally {
    await session.close()
  }
}

const BELOW = 'the run below'

/** `batches`: of a call that begins there. */
const whereIs = ({ epoch, batch }: Position, batches = 0): string => {
  if (batches === 0) return `in epoch ${epoch + 1} after ${batch} batches`
  return `in epoch ${epoch + 1}, batch ${batch + 1}${batches === 1 ? '' : ` to ${batch + batches}`}`
}

const keptIn = (path: string | undefined): string => (path === undefined ? '' : `; the last good checkpoint is ${path}`)

const figuresOf = <K extends string>(name: K, measured: Measured | undefined): { [key in K]?: Figures } =>
  measured && Object.keys(measured.figures).length > 0 ? ({ [name]: measured.figures } as { [key in K]?: Figures }) : {}

function earlyMessage(best: Best, epoch: number, layer: number | undefined, objective: string | undefined): string {
  const of = layer === undefined ? '' : `layer ${layer}: `
  const kept = objective === undefined ? `${(100 * best.merit).toFixed(2)} %` : `${-best.merit}`
  const what = objective ?? 'accuracy'
  return `${of}no better validation ${what} for ${epoch - best.epoch} epochs; kept is epoch ${best.epoch + 1} with ${kept}`
}
