import type { Split } from '../data/index.js'
import type { PngPicture } from '../data/png-picture.js'
import { UserError } from '../errors.js'
import { type KeptRun, readKeptRun } from '../kept/run.node.js'
import { picturesOf } from '../pictures.node.js'
import { dataOfRun, evaluate, node, type RunOptions, ruleOfRun } from '../runs.node.js'
import type { Breakdown } from '../targets/index.js'
import { blockInputsOf } from '../train/block-inputs.js'
import { historyOf, type Recorded } from '../train/history.node.js'
import { partsOf } from '../train/rows.js'
import { readCheckpoint } from '../train/run-folder.node.js'
import { type Embedding, principalComponents, umapOf } from './embedding.js'

/** What blocks of a network are fed, as points. */
export interface ReportedEmbedding extends Embedding {
  /** As `BlockInputs` has it. */
  readonly name: string
  readonly size: number
}

/** All that a report tells of a run. */
export interface ReportedRun {
  /** What it is called in the report. */
  readonly label: string
  readonly kept: KeptRun
  readonly events: readonly Recorded[]
  /** Of the test samples. */
  readonly breakdown?: Breakdown
  readonly pictures: readonly PngPicture[]
  readonly embeddings: readonly ReportedEmbedding[]
  /** Of the embedded samples, where they have one each. */
  readonly classes?: ArrayLike<number>
  readonly names: readonly string[]
  /** What is not told, and why. */
  readonly missing: readonly string[]
}

export interface GatherOptions extends RunOptions {
  /** By UMAP in place of principal components. */
  readonly umap: boolean
  /** Whether the network is used: for figures of classes, pictures and embeddings. */
  readonly detailed: boolean
}

/** Samples that are embedded, and the most blocks that are shown. */
const [EMBEDDED, BLOCKS] = [1000, 6]

/** Gathers what a report tells of a run. What cannot be had is left out, and said. Throws a UserError where there is no run. */
export async function gatherRun(path: string, label: string, options: GatherOptions): Promise<ReportedRun> {
  const kept = readKeptRun(path)
  const missing: string[] = []
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      missing.push(`${what}: ${error.message}.`.replace(/\.+$/, '.'))
      return undefined
    }
  }
  const base = { label, kept, events: historyOf(path), pictures: [], embeddings: [], names: [], missing }
  if (!options.detailed) return base
  const opened = await attempt('What the network says, draws and makes of samples', async () => {
    const rule = await ruleOfRun(path, options)
    const data = await dataOfRun(path, { ...options, load: { ...options.load, offline: true } })
    return { rule, data, checkpoint: readCheckpoint(path).checkpoint }
  })
  if (!opened) return base
  const { rule, data, checkpoint } = opened
  const given = { rule, changedRule: options.changedRule, data }
  const { each, confusion } =
    (rule.predict && (await attempt('Figures of each class', () => evaluate(path, given)))) ?? {}
  const pictures = await attempt('Pictures', () => picturesOf(path, given))
  const { train, validation } = partsOf(data, checkpoint.settings.options)
  const split = firstOf(validation.count > 0 ? validation : train, EMBEDDED)
  const embeddings = await attempt('Embeddings', async () => {
    const platform = node(kept.config.mostThreads)
    const found = await blockInputsOf(rule, checkpoint, split, platform, { where: path, most: BLOCKS })
    const points: ReportedEmbedding[] = []
    for (const { name, size, values } of found)
      points.push({
        ...{ name, size },
        ...(options.umap ? await umapOf(values, split.count, size) : principalComponents(values, split.count, size)),
      })
    return points
  })
  return {
    ...base,
    ...(each && { breakdown: { each, ...(confusion && { confusion }) } }),
    pictures: pictures ?? [],
    embeddings: embeddings ?? [],
    ...(data.target.kind === 'class' && split.targets && { classes: split.targets }),
    names: data.target.kind === 'class' ? data.names : [],
  }
}

/** The first samples of a split, at most so many. */
function firstOf({ inputs, targets, count }: Split, most: number): Split {
  if (count <= most) return { inputs, ...(targets && { targets }), count }
  return {
    inputs: inputs.subarray(0, most * (inputs.length / count)),
    ...(targets && { targets: targets.subarray(0, most * (targets.length / count)) }),
    count: most,
  }
}
