import { checkDataSet, type DataSet } from '../../data/index.js'
import { UsageError } from '../../errors.js'
import { samplesOf } from '../../train/checkpoint.js'
import { closing, measuredSplit } from '../../train/closing.js'
import type { TrainConfig } from '../../train/config.js'
import type { Joining, Scores, TrainEvent } from '../../train/events.js'
import { firstState } from '../../train/first-state.js'
import { benchOf, highestOf, judge, learnedPart } from '../../train/judge.js'
import {
  beginOf,
  type Call,
  globalStep,
  isEpochDone,
  nextEpoch,
  type Position,
  stepsOf,
  whereIs,
} from '../../train/plan.js'
import { solving } from '../../train/solving.js'
import { standingOf } from '../../train/standing.js'
import { tracePlan } from '../../train/traced-plan.js'
import { startEvent } from '../../train/train.js'
import { openTrainer, type Trainer } from '../../train/trainer.js'
import { type Begin, withCrew } from '../crew.js'
import { newRun } from '../subjects.js'
import type { Transport } from '../transport.js'
import { absentWorkers } from './absent.js'
import { activationsBound } from './bound.js'
import { chunksFrom } from './chunks.js'
import { collect, collectEpoch, standingsOf } from './collect.js'
import { nameRun } from './forget.js'
import { type Manifest, writeManifest } from './manifest.js'
import { keysOf } from './names.js'
import { adviceFor } from './remedy.js'
import { type Stages, stagesOf } from './stages.js'
import { encodeState, writeFirst } from './standing.js'
import { getJson, setOnce } from './values.js'
import { watchOf } from './watch.js'

export interface PipelineConfig extends TrainConfig {
  /** Through which all workers of the run talk. */
  readonly transport: Transport
  /** The stages; default: as many as the rule can be cut into, at most four. */
  readonly workers?: number | undefined
  /** SHA-256 of the file of the rule, where that is none of Onward's. */
  readonly ruleFile?: string | undefined
  /** The most seconds to wait for workers who are not there; absent: without end. */
  readonly wait?: number | undefined
  /** How workers join a run of so many, where some come from elsewhere. */
  readonly joining?: ((workers: number) => Joining | undefined) | undefined
  /**
   * Starts the workers of a run, or waits for them; they leave with the signal. Resolves when all have ended, and
   * rejects where the run cannot go on.
   */
  start(run: string, manifest: Manifest, signal: AbortSignal): Promise<void>
}

/**
 * Trains by stages of the network on workers of their own, in a stream of activations, and tells of it as `train` does:
 * on CPUs of one kind the same numbers as there, whatever stops on the way. Throws a UsageError with the certificate's
 * reason for a rule that cannot be cut.
 */
export async function* trainPipeline(given: PipelineConfig): AsyncGenerator<TrainEvent> {
  const config = { ...given, data: checkDataSet(given.data) }
  const trainer = await openTrainer(config)
  yield* withCrew(trainer, (begin, done) => training(trainer, config, begin, done))
}

/** So long, in seconds, those who stop a run wait for a worker who is missing. */
const LEAVE = 3

type Checked = PipelineConfig & { readonly data: DataSet }

async function* training(
  trainer: Trainer,
  config: Checked,
  beginWork: Begin,
  done: AbortSignal,
): AsyncGenerator<TrainEvent> {
  const { rule, transport, signal, told: { run: folder } = {} } = config
  const { plan, settings, validation, task, blocks } = trainer
  checkOptions(settings.options)
  const bench = benchOf(rule, task, settings, blocks)
  const learned = (scores: Scores): Scores => learnedPart(bench, scores, highestOf(bench))
  const standing = standingOf(trainer, config)
  const stages = cutFor(trainer, config)
  const { state: first, taken } = await firstState(trainer, config)
  const begin = isEpochDone(plan, standing.at) ? nextEpoch(plan, standing.at) : standing.at
  const run = newRun()
  const manifest = await prepare(trainer, config, stages, run, begin, first)
  const messages = [...chunksFrom(plan, { chunk: 0, at: begin }, manifest.chunk)].length
  const bound = activationsBound(Math.max(1, messages), stages.blocks.length, stages.slowestShare)
  const count = stages.blocks.length
  const joining = config.joining?.(count)
  yield {
    ...startEvent(trainer, config, bench, taken),
    over: {
      ...{ mode: 'activations', engine: transport.engine, name: run, workers: stages.blocks, bound },
      ...(joining && { joining }),
    },
  }
  yield* standing.save(first)
  const time = { begin: performance.now(), epoch: performance.now() }
  const seconds = (since: number): number => (performance.now() - since) / 1000
  const keys = keysOf(run)

  const crew = beginWork((end) => config.start(run, manifest, end))
  const watch = watchOf(transport, manifest, run, { plan, blocks: stages.blocks, batch: settings.options.batch }, done)
  const leases = stages.blocks.map((_, stage) => keys.lease(stage))
  const absent = absentWorkers(
    transport.values,
    leases,
    config.wait,
    async (stage) => (await standingsOf(transport, run, count))[stage]!.isOver,
  )
  let epochs = 0
  let score: Scores | undefined
  for (let stopping: number | undefined; ; ) {
    if (signal?.aborted && stopping === undefined) {
      stopping = performance.now()
      await setOnce(transport.values, keys.stop, true)
    }
    const all = await standingsOf(transport, run, count)
    yield* watch.news()
    yield* absent.news(globalStep(plan, standing.at))
    // The end goes up from stage to stage: one that nobody works on never hears of it. What is kept is the last epoch.
    if (stopping !== undefined && seconds(stopping) > LEAVE && absent.isAnybody()) return yield* standing.stop()
    const broken = await getJson<{ what: string; call: Call }>(transport.values, keys.broken)
    if (broken) {
      const { what, call } = broken.value
      return yield standing.ruined(`${what} ${whereIs(plan, call.at, call)}`)
    }
    if (all.every((own) => own.epochs > epochs)) {
      epochs++
      const { state, metrics } = await collectEpoch(transport, run, count, epochs)
      const epoch = begin.epoch + epochs - 1
      await trainer.load(state)
      standing.at = { ...beginOf(0), epoch, batch: plan.batches }
      const rows = plan.batches * settings.options.batch
      const pace = { seconds: seconds(time.epoch), rowsPerSecond: rows / Math.max(1e-9, seconds(time.epoch)) }
      score = undefined
      // A read-out that is not solved yet says nothing.
      if (validation.count > 0 && !trainer.readOut && !signal?.aborted)
        score = yield* measuredSplit(trainer, 'validation', validation, signal)
      const verdict = score && judge(bench, score, epoch, undefined)
      yield {
        event: 'epoch',
        step: globalStep(plan, standing.at),
        epoch: epoch + 1,
        ...(epochs === 1 && begin.batch > 0 && { fromBatch: begin.batch }),
        metrics,
        ...(score && { validation: learned(score) }),
        ...(verdict && { criterion: verdict.criterion }),
        ...pace,
      }
      if (verdict?.broken)
        return yield standing.ruined(
          `the held-out ${verdict.criterion.figure} is no finite number after epoch ${epoch + 1}`,
        )
      standing.at = nextEpoch(plan, standing.at)
      yield* standing.save(state)
      time.epoch = performance.now()
      continue
    }
    if (all.every(({ isOver }) => isOver)) {
      const { state } = await collect(
        transport,
        all.map(({ object }) => object),
      )
      const { at } = all[0]!
      await trainer.load(state)
      if (at.phase < plan.phases && !isEpochDone(plan, at)) standing.at = at
      await crew.settled()
      crew.check()
      break
    }
    crew.check()
    await watch.soon()
  }
  if (standing.at.phase < plan.phases) return yield* standing.stop()

  if (!(yield* solving(trainer, standing, () => performance.now(), signal))) return yield* standing.stop()
  const last = yield* closing(trainer, config, score)
  if (!last) return yield* standing.stop()
  const all = seconds(time.begin)
  const steps = globalStep(plan, standing.at) - globalStep(plan, begin)
  yield {
    event: 'done',
    step: globalStep(plan, standing.at),
    test: learned(last.test),
    ...(last.validation && { validation: learned(last.validation) }),
    seconds: all,
    rowsPerSecond: (steps * settings.options.batch) / Math.max(1e-9, all),
    ...(folder !== undefined && { run: folder }),
  }
}

/** What the whole network decides while it trains has no place in a stream. */
function checkOptions({ patience, schedule, layer }: Trainer['settings']['options']): void {
  if (patience > 0) throw new UsageError('a pipeline goes on while an epoch is measured: leave patience out')
  if (layer !== undefined) throw new UsageError('in a pipeline all layers are trained: leave the layer out')
  if (schedule === 'greedy')
    throw new UsageError('in a pipeline all layers learn at once: leave the schedule out, or choose the mode weights')
}

function cutFor({ task, settings, trainingSamples, blocks, certificate }: Trainer, { rule, workers }: Checked): Stages {
  const { steps, plan } = tracePlan(rule, task, settings, trainingSamples)
  if (plan.between?.some(({ length }) => length > 0))
    throw new UsageError(
      `${rule.id} runs steps between epochs, on the whole network: train it in one process (onward train), or over data (onward up federated)`,
    )
  const advice = (): string => adviceFor(rule, task, settings, trainingSamples, workers ?? 2)
  return stagesOf(steps, blocks, () => certificate, { rule: rule.id, workers, advice })
}

/** Of one message: enough that its way costs little, little enough that a broker takes it whole. */
const MESSAGE_BYTES = 2 ** 20

/** For each stage at the least: while the first ones go up, those above wait. */
const MESSAGES_EACH = 20

/** What the broker takes as one message. */
const MOST_MESSAGE_BYTES = 2 ** 23 - 2 ** 16

/** All that is on its way, at most. */
const WINDOW_BYTES = 2 ** 28

/** Writes down what the workers begin with: first the states, then the manifest that tells of them. */
async function prepare(
  { settings, trainingSamples, tensors, plan }: Trainer,
  { rule, data, transport, ruleFile }: Checked,
  { blocks, parts }: Stages,
  run: string,
  begin: Position,
  first: Parameters<typeof encodeState>[1],
): Promise<Manifest> {
  const steps = Object.entries(parts)
  const sizes = steps.flatMap(([, all]) =>
    all.map(({ takes }) => takes.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0)),
  )
  const largest = Math.max(1, ...sizes)
  if (largest > MOST_MESSAGE_BYTES)
    throw new UsageError(
      `one step hands up ${Math.ceil(largest / 2 ** 20)} MiB, and a message holds ${MOST_MESSAGE_BYTES / 2 ** 20}: choose a smaller batch`,
    )
  const few = Math.floor(stepsOf(plan) / (MESSAGES_EACH * blocks.length))
  const chunk = Math.max(1, Math.min(16, few, Math.floor(MESSAGE_BYTES / largest)))
  const messageBytes = chunk * largest + 2 ** 16
  const window = Math.max(4, Math.min(128, Math.floor(WINDOW_BYTES / messageBytes)))
  const stages = blocks.map((own, stage) => ({
    blocks: [...own],
    tensors: steps[0]![1][stage]!.program.state.map(({ name, input: { dtype, shape } }) => ({
      name,
      dtype,
      shape: [...shape],
    })),
    takes: Object.fromEntries(
      steps.map(([key, all]) => [key, all[stage]!.takes.map((port) => ({ ...port, shape: [...port.shape] }))]),
    ),
  }))
  const known = new Set(stages.flatMap(({ tensors: own }) => own.map(({ name }) => name)))
  const lost = tensors.find(({ name }) => !known.has(name))
  if (lost) throw new Error(`${lost.name} has no stage`)
  for (const [stage, { tensors: own }] of stages.entries())
    await writeFirst(transport, run, stage, begin, encodeState(own, first, {}))
  const manifest: Omit<Manifest, 'format'> = {
    rule: rule.id,
    ...(ruleFile !== undefined && { ruleFile }),
    data: data.name,
    ...(data.fingerprint !== undefined && { fingerprint: data.fingerprint }),
    settings: { hyper: { ...settings.hyper }, options: { ...settings.options } },
    samples: samplesOf(data),
    ...{ trainingSamples, begin, stages, chunk, window, messageBytes },
    checkpointEvery: Math.max(2, Math.floor(window / 4)),
  }
  await writeManifest(transport.values, run, manifest)
  await nameRun(transport, run)
  return { format: 1, ...manifest }
}
