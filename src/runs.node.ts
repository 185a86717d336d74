/** Using the runs that were kept: evaluating, predicting, drawing, exporting. */
import { checkDataSet, type DataSet, dataSets, type GivenDataSet, type GivenNumbers } from './data/index.js'
import { loadKept } from './data/own/kept.node.js'
import { type DataOptions, loadData } from './data/own/own.node.js'
import { withoutOwn } from './distributed/federated/own-figures.js'
import { staysOf } from './distributed/federated/store.node.js'
import { UsageError } from './errors.js'
import { type ExportedFile, exportTo } from './export-run.node.js'
import type { AnyRule } from './rules/contract.js'
import { fileOf, findRule } from './rules/load.node.js'
import { checkId, RULES } from './rules/registry.js'
import { compile } from './runtime/compile.node.js'
import { int8IsExact } from './runtime/doctor.node.js'
import type { Breakdown } from './targets/index.js'
import { deviceAt, NODE_DEVICES } from './train/device.js'
import { type Drawing, draw, shownOf } from './train/drawing.js'
import type { Criterion, Scores } from './train/events.js'
import { checkSame, withDefaults } from './train/first-state.js'
import { type Network, openNetwork, type Predicted } from './train/network.js'
import type { Platform } from './train/platform.js'
import { partsOf } from './train/rows.js'
import { readCheckpoint, readConfig } from './train/run-folder.node.js'

/** How to go on with a run or to use it. Rules and data sets without a name that Onward knows are handed in. */
export interface RunOptions {
  /** The rule, or the path of its file. The file that a run was trained by is never run without being named here. */
  readonly rule?: AnyRule | string | undefined
  /** Takes the file of the rule although it is another than the run was trained by. */
  readonly changedRule?: boolean | undefined
  /** The data set, or the path where one's own data are now. */
  readonly data?: GivenDataSet | string | undefined
  readonly load?: DataOptions | undefined
}

export interface Evaluation extends Partial<Breakdown> {
  /** Of what has learned: nothing of blocks above `highest`. */
  readonly test: Scores
  /** Which of these figures the run is judged by. */
  readonly criterion: Criterion
  /** The block that the run trained alone, where those above it have learned nothing. */
  readonly highest?: string
}

/** `mostThreads`: of the run that is gone on with or used, so that its numbers are the same bits. */
export const node = (mostThreads?: number): Platform => ({
  compile: (graph, options) => compile(graph, { mostThreads, ...options }),
  exactInt8: int8IsExact,
})

export const ruleFrom = async (rule: AnyRule | string): Promise<AnyRule> =>
  typeof rule === 'string' ? await findRule(rule) : rule

/** The data set of that name or path, or one that a program hands in: checked before anything is trained on it. */
export async function dataFrom(data: GivenDataSet | string, load: DataOptions | undefined): Promise<DataSet> {
  if (typeof data === 'string') return await loadData(data, load)
  return checkDataSet(data)
}

/** The rule of a run: handed in, or one of Onward's. Throws a UsageError where it must be named, or is another one. */
export async function ruleOfRun(path: string, { rule: given, changedRule }: RunOptions = {}): Promise<AnyRule> {
  const { rule: id, ruleFile } = readConfig(path)
  const rule = given && (await ruleFrom(given))
  if (!rule) {
    const own = ruleFile ? undefined : RULES.find((candidate) => candidate.id === id)
    if (own) return own
    const file = ruleFile ? `, from ${ruleFile.path}` : ''
    throw new UsageError(
      `the run in ${path} was trained by the rule "${id}"${file}, which is none of Onward's: name its file (--rule FILE), ` +
        "or hand it in from a program, as in evaluate(run, { rule }) of 'onward/node'",
    )
  }
  checkId(rule)
  if (rule.id !== id) throw new UsageError(`the run in ${path} was trained by ${id}, not by ${rule.id}`)
  const file = fileOf(rule)
  if (file && ruleFile && file.sha256 !== ruleFile.sha256 && !changedRule)
    throw new UsageError(
      `${file.path} is not the file that the run in ${path} was trained by (SHA-256 ${ruleFile.sha256.slice(0, 12)}... ` +
        `then, ${file.sha256.slice(0, 12)}... now): put that file back, or say --changed-rule (changedRule) to take this one`,
    )
  return rule
}

/** The data set of a run: handed in, one that Onward knows by name, or one's own from where it was. */
export async function dataOfRun(path: string, { data, load }: RunOptions): Promise<DataSet> {
  if (typeof data === 'object') return checkDataSet(data)
  const kept = readConfig(path)
  if (kept.own || dataSets.some((known) => known.name === kept.data)) {
    if (!kept.own && data !== undefined && data !== kept.data)
      throw new UsageError(`the run in ${path} was trained on ${kept.data}, not on ${data}`)
    return await loadKept(path, kept, data, load)
  }
  throw new UsageError(
    `the run in ${path} was trained on the data set "${kept.data}", which is none of Onward's: hand it in from a ` +
      "program, as in evaluate(run, { data }) of 'onward/node'",
  )
}

/** The network of a run, to be closed after use. */
export async function openRun(path: string, given: RunOptions = {}): Promise<Network> {
  const { rule, checkpoint, where, mostThreads } = await readRun(path, given)
  return await openNetwork(rule, checkpoint, node(mostThreads), where)
}

/**
 * What a run was trained by, and its checkpoint with the settings of its folder: they must be the same but for a new
 * total of epochs.
 */
export async function readRun(path: string, given: RunOptions) {
  const { checkpoint, path: where } = readCheckpoint(path)
  const rule = await ruleOfRun(path, given)
  const { rule: id, data, hyper, options, mostThreads } = readConfig(path)
  const { epochs } = checkpoint.settings.options
  const own = { rule: id, data, settings: { hyper, options: { ...options, epochs } } }
  checkSame(withDefaults(checkpoint, rule), withDefaults(own, rule), where)
  const here = { ...options, device: deviceAt(NODE_DEVICES, options.device) }
  return { rule, checkpoint: { ...checkpoint, settings: { hyper, options: here } }, where, mostThreads }
}

/**
 * What the test samples say of a saved run: of its network and of its parts, and the rule's own figures, unless parts of
 * the network stayed with clients.
 */
export async function evaluate(path: string, options: RunOptions = {}): Promise<Evaluation> {
  return await withNetwork(path, options, async (network) => {
    const data = await dataOfRun(path, options)
    const { criterion, highest } = network
    const { scores, breakdown } = await network.measured(data, data.test)
    const test = withoutOwn(scores, staysOf(path), await ruleOfRun(path, options))
    return { test, ...breakdown, criterion, ...(highest !== undefined && { highest }) }
  })
}

async function withNetwork<T>(path: string, options: RunOptions, use: (network: Network) => Promise<T>): Promise<T> {
  const network = await openRun(path, options)
  try {
    return await use(network)
  } finally {
    await network.close()
  }
}

/**
 * What the network of a saved run says of inputs as its data set has them: levels or parts of 1, or real numbers in
 * their own units.
 */
export async function predict(
  path: string,
  inputs: readonly GivenNumbers[],
  options: RunOptions = {},
): Promise<Predicted[]> {
  return await withNetwork(path, options, (network) => network.predict(inputs))
}

export interface DrawOptions extends RunOptions {
  /** Which pictures; default: all that the rule has. */
  readonly names?: readonly string[]
  /**
   * The images that a picture starts from: the first held-out ones, over again where there are fewer; training images
   * where none was held out. The picture of decisions starts from the first test images, four at most.
   */
  readonly count: number
  /** Of the noise. */
  readonly seed: number
}

/** What the network of a saved run draws: test images are read for the picture of its decisions alone. */
export async function drawRun(path: string, options: DrawOptions): Promise<Drawing[]> {
  const { rule, checkpoint, where, mostThreads } = await readRun(path, options)
  const { names, count, seed } = options
  const shown = async (part: 'held-out' | 'test') => {
    const data = await dataOfRun(path, options)
    return shownOf({ ...data, ...partsOf(data, checkpoint.settings.options) }, part)
  }
  return await draw(rule, checkpoint, shown, node(mostThreads), { count, seed, where, ...(names && { names }) })
}

export interface ExportOptions extends RunOptions {
  /** The file; default: `model.onnx` in the folder of the run. */
  readonly out?: string | undefined
}

/** Writes the network of a saved run as one ONNX file, after that file, run alone, scored as the network does. */
export async function exportRun(path: string, options: ExportOptions = {}): Promise<ExportedFile> {
  const { out, data, load } = options
  const isNamed = data !== undefined || load?.dataDir !== undefined
  const known = () => dataOfRun(path, { ...options, load: { ...load, offline: true } })
  return await withNetwork(path, options, (network) => exportTo(path, network, { out, data: known, isNamed }))
}
