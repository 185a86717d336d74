/** Onward in Node: training, using and inspecting networks by data set and run folder. */
import type { DataSet, Split } from './data/index.js'
import { type LoadOptions, loadDataSet } from './data/load.node.js'
import { UserError } from './errors.js'
import type { AnyRule } from './rules/contract.js'
import { findRule, RULES } from './rules/registry.js'
import { compile } from './runtime/compile.node.js'
import { int8IsExact } from './runtime/doctor.node.js'
import { type Drawing, draw } from './train/drawing.js'
import type { Scores, TrainEvent } from './train/events.js'
import type { Criterion } from './train/judge.js'
import { type Network, openNetwork, type Predicted } from './train/network.js'
import { resolve, type Wishes } from './train/options.js'
import type { Platform } from './train/platform.js'
import {
  createRun,
  type RunConfig,
  type RunFolder,
  readCheckpoint,
  readConfig,
  reopenRun,
} from './train/run-folder.node.js'
import { partsOf } from './train/session.js'
import { train as trainAnywhere } from './train/train.js'
import { openTrainer as openAnywhere, type Trainer } from './train/trainer.js'

export { type DataSet, dataSet, labelledImages, type Split } from './data/index.js'
export { loadDataSet } from './data/load.node.js'
export { UserError } from './errors.js'
export { findRule } from './rules/registry.js'
export { compile } from './runtime/compile.node.js'
export { type Diagnosis, diagnose as doctor } from './runtime/doctor.node.js'
export type { Drawing } from './train/drawing.js'
export { type Environment, environment } from './train/environment.node.js'
export type { Scores, TrainEvent } from './train/events.js'
export type { Given } from './train/feed.js'
export type { Predicted } from './train/network.js'
export { isFinished, type RunConfig, readCheckpoint, readConfig } from './train/run-folder.node.js'
export type { Ran, Trainer } from './train/trainer.js'

export interface TrainRequest extends Wishes {
  /** A rule, or the name of one. */
  readonly rule: AnyRule | string
  /** A data set, or the name of one. */
  readonly data: DataSet | string
  /** The folder of the run. Default: `runs/RULE-DATA-N`; false: nothing is written. */
  readonly out?: string | false | undefined
  /** For a layer that is trained alone (`options.layer`): the folder of the run that trained the layers below it. */
  readonly below?: string | undefined
  /** Where the files of a named data set are, and how they may be fetched. */
  readonly load?: LoadOptions | undefined
  readonly signal?: AbortSignal | undefined
}

/** How to go on with a run or to use it. Rules and data sets without a name that Onward knows are handed in. */
export interface RunOptions {
  readonly rule?: AnyRule | undefined
  readonly data?: DataSet | undefined
  readonly load?: LoadOptions | undefined
}

export interface Evaluation {
  /** Of what has learned: nothing of blocks above `highest`. */
  readonly test: Scores
  /** Which of these figures the run is judged by. */
  readonly criterion: Criterion
  /** The block that the run trained alone, where those above it have learned nothing. */
  readonly highest?: string
}

const node: Platform = { compile, exactInt8: int8IsExact }

/** Trains, and keeps the run in a folder: settings, events, checkpoint and environment. See `train/train.ts`. */
export async function* train(request: TrainRequest): AsyncGenerator<TrainEvent> {
  const { out, signal, load, below, ...wishes } = request
  const rule = typeof request.rule === 'string' ? findRule(request.rule) : request.rule
  const data = typeof request.data === 'string' ? await loadDataSet(request.data, load) : request.data
  const settings = resolve(rule, data, wishes)
  const config = {
    rule,
    data,
    ...settings,
    presetName: wishes.preset,
    signal,
    below: below === undefined ? undefined : readCheckpoint(below).checkpoint,
  }
  if (out === false) return yield* trainAnywhere({ ...config, platform: node })
  const folder = createRun(out, {
    rule: rule.id,
    data: data.name,
    ...settings,
    ...(below !== undefined && { below }),
    ...(wishes.preset !== undefined && { preset: wishes.preset }),
  })
  try {
    yield* intoFolder(folder, (own) => trainAnywhere({ ...config, ...own }))
  } finally {
    folder.discard()
  }
}

/** A rule on its data, to be trained step by step; nothing is kept but what the caller keeps. See `train/trainer.ts`. */
export async function openTrainer({
  load,
  ...request
}: Omit<TrainRequest, 'out' | 'below' | 'signal'>): Promise<Trainer> {
  const rule = typeof request.rule === 'string' ? findRule(request.rule) : request.rule
  const data = typeof request.data === 'string' ? await loadDataSet(request.data, load) : request.data
  return await openAnywhere({ ...request, rule, data, platform: node })
}

export interface ResumeOptions extends RunOptions {
  readonly signal?: AbortSignal | undefined
  /** Threads of one operation, if not as many as before: they change no number. */
  readonly threads?: number
}

/** Goes on with the run in a folder, as if it had never stopped. A run that is done is only scored again. */
export async function* resume(path: string, options: ResumeOptions = {}): AsyncGenerator<TrainEvent> {
  const config = readConfig(path)
  const rule = options.rule ?? ruleOf(path, config)
  const data = options.data ?? (await loadDataSet(config.data, options.load))
  const folder = reopenRun(path)
  yield* intoFolder(folder, (own) => {
    const { checkpoint } = readCheckpoint(path)
    const { hyper, options: training, preset } = config
    return trainAnywhere({
      rule,
      data,
      hyper,
      presetName: preset,
      options: { ...training, ...(options.threads !== undefined && { threads: options.threads }) },
      signal: options.signal,
      resume: checkpoint,
      ...own,
    })
  })
}

/** The rule that trained a run. Throws a UserError where it is none of Onward's. */
function ruleOf(path: string, { rule }: RunConfig): AnyRule {
  const own = RULES.find(({ id }) => id === rule)
  if (own) return own
  throw new UserError(
    `the run in ${path} was trained by the rule "${rule}", which is none of Onward's: hand the rule in from a program, ` +
      "as in evaluate(run, { rule }) of 'onward/node'",
  )
}

async function* intoFolder(
  folder: RunFolder,
  start: (own: { platform: Platform; run: string }) => AsyncGenerator<TrainEvent>,
): AsyncGenerator<TrainEvent> {
  try {
    const { saveCheckpoint } = folder
    for await (const event of start({ platform: { ...node, saveCheckpoint }, run: folder.path })) {
      if (event.event !== 'measuring') folder.record(event)
      yield event
    }
  } finally {
    folder.close()
  }
}

/** The network of a run, to be closed after use. */
export async function openRun(path: string, { rule }: RunOptions = {}): Promise<Network> {
  const config = readConfig(path)
  const { checkpoint, path: where } = readCheckpoint(path)
  const own = rule ?? ruleOf(path, config)
  const { hyper, options } = config
  return await openNetwork(own, { ...checkpoint, settings: { hyper, options } }, node, where)
}

/** What the test samples say of a saved run: of its network and of its parts, and the rule's own figures. */
export async function evaluate(path: string, options: RunOptions = {}): Promise<Evaluation> {
  const network = await openRun(path, options)
  try {
    const data = options.data ?? (await loadDataSet(readConfig(path).data, options.load))
    const { criterion, highest } = network
    const test = await network.measure(data, data.test)
    return { test, criterion, ...(highest !== undefined && { highest }) }
  } finally {
    await network.close()
  }
}

/** What the network of a saved run says of inputs as its data set has them: levels, or real numbers in their own units. */
export async function predict(
  path: string,
  inputs: readonly (Uint8Array | Float32Array)[],
  options: RunOptions = {},
): Promise<Predicted[]> {
  const network = await openRun(path, options)
  try {
    return await network.predict(inputs)
  } finally {
    await network.close()
  }
}

export interface DrawOptions extends RunOptions {
  /** Which pictures; default: all that the rule has. */
  readonly names?: readonly string[]
  /** The images that a picture starts from: the first held-out ones, over again where there are fewer; training images where none was held out. */
  readonly count: number
  /** Of the noise. */
  readonly seed: number
}

/** What the network of a saved run draws. The test images are not touched. */
export async function drawRun(path: string, options: DrawOptions): Promise<Drawing[]> {
  const config = readConfig(path)
  const { checkpoint, path: where } = readCheckpoint(path)
  const rule = options.rule ?? findRule(config.rule)
  const { names, count, seed } = options
  const split = async (): Promise<Split> => {
    const data = options.data ?? (await loadDataSet(config.data, options.load))
    const { train, validation } = partsOf(data, config.options)
    return validation.count > 0 ? validation : train
  }
  return await draw(rule, checkpoint, split, node, { count, seed, where, ...(names && { names }) })
}
