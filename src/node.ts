/** Onward in Node: training, using and inspecting networks by data set and run folder. */
import type { DataSet, Split } from './data/index.js'
import { type LoadOptions, loadDataSet } from './data/load.node.js'
import { UsageError } from './errors.js'
import { type ExportedFile, exportTo } from './export-run.node.js'
import type { AnyRule } from './rules/contract.js'
import { fileOf, findRule } from './rules/load.node.js'
import { RULES } from './rules/registry.js'
import { compile } from './runtime/compile.node.js'
import { int8IsExact } from './runtime/doctor.node.js'
import { type Drawing, draw } from './train/drawing.js'
import type { Figures, TrainEvent } from './train/events.js'
import { prolonged } from './train/longer.js'
import { type Network, openNetwork, type PredictedImage } from './train/network.js'
import { asked, fit, resolve, type Wishes } from './train/options.js'
import type { Platform } from './train/platform.js'
import { createRun, type RunFolder, readCheckpoint, readConfig, reopenRun } from './train/run-folder.node.js'
import { partsOf } from './train/session.js'
import { train as trainAnywhere } from './train/train.js'

export { loadDataSet } from './data/load.node.js'
export { UsageError, UserError } from './errors.js'
export type { ExportedFile } from './export-run.node.js'
export { fileOf, findRule, type RuleFile } from './rules/load.node.js'
export { compile } from './runtime/compile.node.js'
export { type Diagnosis, diagnose as doctor } from './runtime/doctor.node.js'
export type { Drawing } from './train/drawing.js'
export { type Environment, environment } from './train/environment.node.js'
export type { Figures, TrainEvent } from './train/events.js'
export type { PredictedImage } from './train/network.js'
export { type Ending, endingOf, type RunConfig, readCheckpoint, readConfig } from './train/run-folder.node.js'

export interface TrainRequest extends Wishes {
  /** A rule, the name of one, or the path of a file that exports one. */
  readonly rule: AnyRule | string
  /** A data set, or the name of one. */
  readonly data: DataSet | string
  /** The folder of the run. Default: `runs/RULE-DATA-N`; false: nothing is written. */
  readonly out?: string | false | undefined
  /** For a layer that is trained alone (`options.layer`): the folder of the run that trained the layers below it. */
  readonly below?: string | undefined
  /** The folder of a run whose weights are the first ones where names and shapes are equal; the optimiser is new. */
  readonly from?: string | undefined
  /** Where the files of a named data set are, and how they may be fetched. */
  readonly load?: LoadOptions | undefined
  readonly signal?: AbortSignal | undefined
}

/** How to go on with a run or to use it. Rules and data sets without a name that Onward knows are handed in. */
export interface RunOptions {
  /** The rule, or the path of its file. The file that a run was trained by is never run without being named here. */
  readonly rule?: AnyRule | string | undefined
  /** Takes the file of the rule although it is another than the run was trained by. */
  readonly changedRule?: boolean | undefined
  readonly data?: DataSet | undefined
  readonly load?: LoadOptions | undefined
}

export interface Evaluation {
  /** Absent where the rule only generates, or layers above `highest` have learned nothing. */
  readonly testAccuracy?: number
  /** The layer that the run trained alone, where those above it have learned nothing. */
  readonly highest?: number
  /** The accuracy of each layer alone. */
  readonly layers: Figures
  /** The rule's own figures, where it has some. */
  readonly test?: Figures
}

const node: Platform = { compile, exactInt8: int8IsExact }

/** Trains, and keeps the run in a folder: settings, events, checkpoint and environment. See `train/train.ts`. */
export async function* train(request: TrainRequest): AsyncGenerator<TrainEvent> {
  const { out, signal, load, below, from } = request
  const rule = typeof request.rule === 'string' ? await findRule(request.rule) : request.rule
  const wanted = asked(rule, request)
  if (below !== undefined && from !== undefined)
    throw new UsageError('a layer that is trained alone has its first weights from the run below: leave `from` out')
  const origin = from === undefined ? undefined : { run: from, state: readCheckpoint(from).checkpoint.state }
  const under = below === undefined ? undefined : readCheckpoint(below).checkpoint
  const data = typeof request.data === 'string' ? await loadDataSet(request.data, load) : request.data
  const settings = fit(rule, data, wanted)
  const config = { rule, data, settings, presetName: request.preset, signal, below: under, from: origin }
  if (out === false) return yield* trainAnywhere({ ...config, platform: node })
  const folder = createRun(out, {
    rule: rule.id,
    data: data.name,
    ...settings,
    ...(below !== undefined && { below }),
    ...(from !== undefined && { from }),
    ...(request.preset !== undefined && { preset: request.preset }),
    ...(fileOf(rule) && { ruleFile: fileOf(rule)! }),
  })
  try {
    yield* intoFolder(folder, (own) => trainAnywhere({ ...config, ...own }))
  } finally {
    folder.discard()
  }
}

export interface ResumeOptions extends RunOptions {
  readonly signal?: AbortSignal | undefined
  /** Threads of one operation, if not as many as before: they change no number. */
  readonly threads?: number | undefined
  /** The new total, to train longer; schedules go by it. */
  readonly epochs?: number | undefined
}

/** Goes on with the run in a folder, as if it had never stopped. A run that is done is only scored again. */
export async function* resume(path: string, options: ResumeOptions = {}): AsyncGenerator<TrainEvent> {
  const rule = await ruleOfRun(path, options)
  const data = options.data ?? (await loadDataSet(readConfig(path).data, options.load))
  const folder = reopenRun(path)
  yield* intoFolder(folder, (own) => {
    const kept = readConfig(path)
    const { epochs = kept.options.epochs, threads = kept.options.threads } = options
    const ruleFile = fileOf(rule) ?? kept.ruleFile
    const config = { ...kept, options: { ...kept.options, epochs }, ...(ruleFile && { ruleFile }) }
    // Whatever is wrong is thrown before the run is touched; its checkpoint goes by the new total from the next one on.
    resolve(rule, data, { settings: config })
    const checkpoint = prolonged(readCheckpoint(path).checkpoint, epochs, path)
    if (JSON.stringify(config) !== JSON.stringify(kept)) folder.saveConfig(config)
    return trainAnywhere({
      rule,
      data,
      settings: { hyper: config.hyper, options: { ...config.options, ...(threads !== undefined && { threads }) } },
      presetName: kept.preset,
      signal: options.signal,
      resume: checkpoint,
      ...own,
    })
  })
}

/** The rule of a run: handed in, or one of Onward's. Throws a UsageError where it must be named, or is another one. */
export async function ruleOfRun(path: string, { rule: given, changedRule }: RunOptions = {}): Promise<AnyRule> {
  const { rule: id, ruleFile } = readConfig(path)
  const rule = typeof given === 'string' ? await findRule(given) : given
  if (!rule) {
    const own = ruleFile ? undefined : RULES.find((candidate) => candidate.id === id)
    if (own) return own
    const file = ruleFile ? `, from ${ruleFile.path}` : ''
    throw new UsageError(
      `the run in ${path} was trained by the rule "${id}"${file}, which is none of Onward's: name its file (--rule FILE), ` +
        "or hand it in from a program, as in evaluate(run, { rule }) of 'onward/node'",
    )
  }
  if (rule.id !== id) throw new UsageError(`the run in ${path} was trained by ${id}, not by ${rule.id}`)
  const file = fileOf(rule)
  if (file && ruleFile && file.sha256 !== ruleFile.sha256 && !changedRule)
    throw new UsageError(
      `${file.path} is not the file that the run in ${path} was trained by (SHA-256 ${ruleFile.sha256.slice(0, 12)}... ` +
        `then, ${file.sha256.slice(0, 12)}... now): put that file back, or say --changed-rule (changedRule) to take this one`,
    )
  return rule
}

async function* intoFolder(
  folder: RunFolder,
  start: (own: { platform: Platform; run: string }) => AsyncGenerator<TrainEvent>,
): AsyncGenerator<TrainEvent> {
  try {
    const { saveCheckpoint } = folder
    for await (const event of start({ platform: { ...node, saveCheckpoint }, run: folder.path })) {
      folder.record(event)
      yield event
    }
  } finally {
    folder.close()
  }
}

/** The network of a run, to be closed after use. */
export async function openRun(path: string, given: RunOptions = {}): Promise<Network> {
  const { hyper, options } = readConfig(path)
  const { checkpoint, path: where } = readCheckpoint(path)
  const rule = await ruleOfRun(path, given)
  return await openNetwork(rule, { ...checkpoint, settings: { hyper, options } }, node, where)
}

/** What the test images say of a saved run: the accuracy of its network and of each layer, the rule's own figures. */
export async function evaluate(path: string, options: RunOptions = {}): Promise<Evaluation> {
  const network = await openRun(path, options)
  try {
    const data = options.data ?? (await loadDataSet(readConfig(path).data, options.load))
    const { accuracy, layers, figures } = await network.measure(data, data.test)
    return {
      ...(accuracy !== undefined && { testAccuracy: accuracy }),
      ...(network.highest !== undefined && { highest: network.highest }),
      layers,
      ...(Object.keys(figures).length > 0 && { test: figures }),
    }
  } finally {
    await network.close()
  }
}

/** What the network of a saved run makes of images, each [C, H, W] with pixels up to its data set's maximum. */
export async function predict(
  path: string,
  images: readonly Uint8Array[],
  options: RunOptions = {},
): Promise<PredictedImage[]> {
  const network = await openRun(path, options)
  try {
    return await network.predict(images)
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
  const rule = await ruleOfRun(path, options)
  const { names, count, seed } = options
  const split = async (): Promise<Split> => {
    const data = options.data ?? (await loadDataSet(config.data, options.load))
    const { train, validation } = partsOf(data, config.options)
    return validation.count > 0 ? validation : train
  }
  return await draw(rule, checkpoint, split, node, { count, seed, where, ...(names && { names }) })
}

export interface ExportOptions extends RunOptions {
  /** The file; default: `model.onnx` in the folder of the run. */
  readonly out?: string | undefined
}

/** Writes the network of a saved run as one ONNX file, after that file, run alone, scored as the network does. */
export async function exportRun(path: string, options: ExportOptions = {}): Promise<ExportedFile> {
  const rule = await ruleOfRun(path, options)
  const network = await openRun(path, { ...options, rule })
  try {
    return await exportTo(path, { ...options, rule, network, platform: node })
  } finally {
    await network.close()
  }
}
