/** Onward in Node: training, using and inspecting networks by data set and run folder. */
import './floor.js'
import os from 'node:os'
import type { DataSet, GivenDataSet } from './data/index.js'
import { checkSameData } from './data/own/kept.node.js'
import type { DataOptions } from './data/own/own.node.js'
import { keptOf } from './data/own/provenance.js'
import { checkPooled } from './distributed/federated/store.node.js'
import { checkNoChapters } from './distributed/pipeline/kept.node.js'
import { UsageError, UserError } from './errors.js'
import { awaitFolder, type Waiting } from './lock.node.js'
import { type Logs, openLogs } from './logs/log.node.js'
import { picturesOf } from './pictures.node.js'
import type { AnyRule } from './rules/contract.js'
import { fileOf } from './rules/load.node.js'
import { checkId } from './rules/registry.js'
import { dataFrom, dataOfRun, node, type RunOptions, ruleFrom, ruleOfRun } from './runs.node.js'
import type { Origin, TrainConfig } from './train/config.js'
import { deviceAt, NODE_DEVICES } from './train/device.js'
import type { TrainEvent } from './train/events.js'
import type { LogFormat } from './train/log-formats.js'
import { prolonged } from './train/longer.js'
import { asked, fit, resolve, type TrainInput } from './train/options.js'
import type { Platform } from './train/platform.js'
import { isRecorded } from './train/run-files.js'
import { createRun, type RunFolder, readCheckpoint, readConfig, reopenRun } from './train/run-folder.node.js'
import { train as trainAnywhere } from './train/train.js'
import { openTrainer as openAnywhere, type Trainer } from './train/trainer.js'

export { type DataSet, dataSet, labelledImages, type Split } from './data/index.js'
export { loadDataSet } from './data/load.node.js'
export { type DataOptions, loadData } from './data/own/own.node.js'
export { UsageError, UserError } from './errors.js'
export type { ExportedFile } from './export-run.node.js'
export { type JudgeRunOptions, judgeRun, type RunJudgement } from './judge-run.node.js'
export { fileOf, findRule, type RuleFile } from './rules/load.node.js'
export {
  type DrawOptions,
  drawRun,
  type Evaluation,
  type ExportOptions,
  evaluate,
  exportRun,
  openRun,
  predict,
  type RunOptions,
  ruleOfRun,
} from './runs.node.js'
export { compile } from './runtime/compile.node.js'
export { type Diagnosis, diagnose as doctor } from './runtime/doctor.node.js'
export type { Origin } from './train/config.js'
export type { Drawing } from './train/drawing.js'
export { type Environment, environment } from './train/environment.node.js'
export type { Scores, TrainEvent } from './train/events.js'
export type { StepInputs } from './train/feed.js'
export { LOG_FORMATS, type LogFormat } from './train/log-formats.js'
export type { Predicted } from './train/network.js'
export type { RunConfig } from './train/run-config.js'
export { type Ending, endingOf, readCheckpoint, readConfig } from './train/run-folder.node.js'
export type { Ran, Trainer } from './train/trainer.js'
export type { TuneEvent } from './tune/events.js'
export { type TuneRequest, tune } from './tune/tune.node.js'

export interface TrainRequest extends TrainInput {
  /** A rule, the name of one, or the path of a file that exports one. */
  readonly rule: AnyRule | string
  /** A data set, the name of one, or the path of one's own data. */
  readonly data: GivenDataSet | string
  /** The folder of the run. Default: `runs/RULE-DATA-N`; false: nothing is written. */
  readonly out?: string | false | undefined
  /** For a layer that is trained alone (`options.layer`): the folder of the run that trained the layers below it. */
  readonly below?: string | undefined
  /**
   * The folder of a run whose weights are the first ones where names and shapes are equal, or these weights themselves,
   * which the settings of the run then do not name; the optimiser is new.
   */
  readonly from?: string | Origin | undefined
  /** Where the files of a named data set are and how they may be fetched, or how one's own data are to be understood. */
  readonly load?: DataOptions | undefined
  /** Logs for other programs, in the folder of the run. */
  readonly log?: readonly LogFormat[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Told when the folder is locked by a process of which nobody can see whether it lives: how long that takes. */
  readonly onWait?: Waiting['onWait']
}

/** What trains: this process alone, or workers. */
export type Training = (config: TrainConfig) => AsyncGenerator<TrainEvent>

/** Trains, and keeps the run in a folder: settings, events, checkpoint and environment. See `train/train.ts`. */
export async function* train(request: TrainRequest, how: Training = trainAnywhere): AsyncGenerator<TrainEvent> {
  const { out, signal, load, below, from, log = [] } = request
  const rule = await ruleFrom(request.rule)
  checkId(rule)
  const wanted = asked(rule, request)
  if (below !== undefined && from !== undefined)
    throw new UsageError('a layer that is trained alone has its first weights from the run below: leave `from` out')
  const origin = typeof from === 'string' ? { run: from, state: readCheckpoint(from).checkpoint.state } : from
  const under = below === undefined ? undefined : readCheckpoint(below).checkpoint
  const data = await dataFrom(request.data, load)
  const settings = fit(rule, data, wanted)
  if (below !== undefined) checkSameData(below, readConfig(below), data)
  const config = { rule, data, settings, signal, below: under, from: origin }
  const preset = request.preset === undefined ? {} : { preset: request.preset }
  if (out === false) return yield* how({ ...config, told: preset, platform: node() })
  const mostThreads = os.availableParallelism()
  if (out !== undefined) await awaitFolder(out, { signal, onWait: request.onWait })
  const folder = createRun(out, {
    rule: rule.id,
    ...keptOf(data),
    ...settings,
    ...(below !== undefined && { below }),
    ...(typeof from === 'string' && { from }),
    ...preset,
    ...(fileOf(rule) && { ruleFile: fileOf(rule)! }),
    mostThreads,
    ...(log.length > 0 && { log: [...log] }),
  })
  try {
    yield* intoFolder(folder, { mostThreads, signal, rule, data }, (platform, stop) => {
      const told = { ...preset, run: folder.path, ...(folder.isReplaced && { replaced: true }) }
      return how({ ...config, signal: stop, told, platform })
    })
  } finally {
    folder.discard()
  }
}

/**
 * A rule on its data, to be trained step by step; nothing is kept but what the caller keeps. See `train/trainer.ts`.
 */
export async function openTrainer({
  load,
  ...request
}: Omit<TrainRequest, 'out' | 'below' | 'from' | 'signal'>): Promise<Trainer> {
  const rule = await ruleFrom(request.rule)
  const data = await dataFrom(request.data, load)
  return await openAnywhere({ ...request, rule, data, platform: node() })
}

export interface ResumeOptions extends RunOptions {
  readonly signal?: AbortSignal | undefined
  /** As of `train`. */
  readonly onWait?: Waiting['onWait']
  /**
   * Threads of one operation, if not as many as before. Some operations sum in another order with another number of
   * threads: the run may then go on with other last bits.
   */
  readonly threads?: number | undefined
  /** The new total, to train longer; schedules go by it. */
  readonly epochs?: number | undefined
  /** Logs for other programs; default: those that the run has. */
  readonly log?: readonly LogFormat[] | undefined
}

/**
 * Goes on with the run in a folder, as if it had never stopped: on a machine with fewer threads than the run began
 * with, up to the last bits. A run that is done is only scored again.
 */
export async function* resume(
  path: string,
  options: ResumeOptions = {},
  how: Training = trainAnywhere,
): AsyncGenerator<TrainEvent> {
  if (how === trainAnywhere) {
    checkPooled(path)
    checkNoChapters(path)
  }
  const rule = await ruleOfRun(path, options)
  const data = await dataOfRun(path, options)
  await awaitFolder(path, options)
  const folder = reopenRun(path)
  const { mostThreads } = readConfig(path)
  yield* intoFolder(folder, { mostThreads, signal: options.signal, rule, data }, (platform, signal) => {
    const kept = readConfig(path)
    const { epochs = kept.options.epochs, threads = kept.options.threads, log = kept.log ?? [] } = options
    const ruleFile = fileOf(rule) ?? kept.ruleFile
    const device = deviceAt(NODE_DEVICES, kept.options.device)
    const { log: _, ...rest } = kept
    const logs = log.length > 0 && { log: [...log] }
    const config = { ...rest, options: { ...kept.options, epochs, device }, ...(ruleFile && { ruleFile }), ...logs }
    // Whatever is wrong is thrown before the run is touched; its checkpoint goes by the new total from the next one on.
    resolve(rule, data, { settings: config })
    const checkpoint = prolonged(readCheckpoint(path).checkpoint, epochs, path)
    if (JSON.stringify(config) !== JSON.stringify(kept)) folder.saveConfig(config)
    return how({
      rule,
      data,
      settings: { hyper: config.hyper, options: { ...config.options, ...(threads !== undefined && { threads }) } },
      told: { ...(kept.preset !== undefined && { preset: kept.preset }), run: folder.path },
      signal,
      resume: checkpoint,
      platform,
    })
  })
}

interface Into {
  readonly mostThreads: number | undefined
  readonly signal: AbortSignal | undefined
  readonly rule: AnyRule
  readonly data: DataSet
}

/**
 * Every event is written down before it is told. Where that fails, as on a full disk, the training stops with a
 * checkpoint, for which there may be room yet, before the error is thrown.
 */
async function* intoFolder(
  folder: RunFolder,
  { mostThreads, signal, rule, data }: Into,
  start: (platform: Platform, signal: AbortSignal) => AsyncGenerator<TrainEvent>,
): AsyncGenerator<TrainEvent> {
  const broken = new AbortController()
  const stop = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal
  let failure: Error | undefined
  let logs: Logs | undefined
  try {
    const { saveCheckpoint, path } = folder
    for await (const event of start({ ...node(mostThreads), saveCheckpoint }, stop)) {
      try {
        if (isRecorded(event) && !failure) {
          folder.record(event)
          logs ??= logsOf(path)
          logs.add(event)
          if (event.event === 'done') await logs.addPictures(() => picturesOf(path, { rule, data }), event.step)
        }
      } catch (error) {
        failure = error as Error
        broken.abort()
      }
      if (failure && event.event === 'stopped')
        throw new UserError(`${failure.message}; ${event.message}`, { cause: failure })
      yield event
    }
    if (failure) throw failure
  } finally {
    logs?.close()
    folder.close()
  }
}

/** The logs that a run is to have. */
function logsOf(path: string): Logs {
  const { hyper, options, log = [] } = readConfig(path)
  return openLogs(path, log, { ...hyper, ...options })
}
