import type { DataSet } from '../data/index.js'
import { UsageError } from '../errors.js'
import { type Features, metricOf } from '../judge/features.js'
import { openFeatures, PIXELS } from '../judge/features.node.js'
import { openGenerating } from '../judge/generating.js'
import { type Evidence, judgeImages } from '../judge/judging.js'
import type { AnyRule } from '../rules/contract.js'
import { taskFor } from '../rules/task.js'
import { decodeCheckpoint } from '../train/checkpoint.js'
import type { Settings } from '../train/options.js'
import type { Platform } from '../train/platform.js'
import { partsOf } from '../train/rows.js'
import { isJudged, type Objective } from './objective.js'

/** Images of each kind, at most; all that are held out are fewer as a rule. */
const MOST = 10_000

/** What a process needs to judge samples: the features by the words of a person, and which images there are. */
export interface Judging {
  readonly features: string
  readonly settings: Settings
}

const evidenceOf = (data: DataSet, { options }: Settings): Evidence => {
  const { train, validation } = partsOf(data, options)
  return { samples: data, against: validation, train }
}

/**
 * Objectives on drawn samples by the names of what measures them, so that a study cannot go on with other features: `frechet` to
 * `FD-pixelPCA64`. Throws a UsageError where the rule draws nothing, or where too few images are held out.
 */
export async function namedObjectives(
  rule: AnyRule,
  data: DataSet,
  objectives: readonly Objective[],
  { settings, features: wish }: { readonly settings: Settings; readonly features: string | undefined },
  platform: Platform,
): Promise<{ readonly objectives: readonly Objective[]; readonly judging?: Judging }> {
  const first = objectives.find(isJudged)
  if (!first) {
    if (wish !== undefined)
      throw new UsageError('--features says how samples are judged: add --objective frechet, or leave it out.')
    return { objectives }
  }
  if (!rule.generator?.(taskFor(data, { batch: 1 }), settings.hyper)?.samples)
    throw new UsageError(`--objective ${first.key} judges images made of noise, and ${rule.id} draws none here.`)
  const judging = { features: wish ?? PIXELS, settings }
  const evidence = evidenceOf(data, settings)
  const features = await openFeatures(judging.features, evidence, platform)
  await features.close()
  const { against } = evidence
  if (against.count <= features.size)
    throw new UsageError(
      `${against.count} images are held out, and a distance by ${features.size} features needs more: give --validation more.`,
    )
  const named = objectives.map((own) => ({ ...own, key: isJudged(own) ? nameOf(own.key, features) : own.key }))
  return { objectives: named, judging }
}

const nameOf = (key: string, features: Features): string =>
  key === 'frechet' ? metricOf(features) : `${key}-${features.name}`

/** Figures of samples against held-out images, for each trial; the features are opened once. */
export function sampleJudge(rule: AnyRule, data: DataSet, { features: wish, settings }: Judging, platform: Platform) {
  let opened: Promise<Features> | undefined
  return async (checkpoint: Uint8Array, own: Settings): Promise<Readonly<Record<string, number>>> => {
    opened ??= openFeatures(wish, evidenceOf(data, settings), platform)
    const features = await opened
    const where = 'the trial'
    const network = await openGenerating(rule, decodeCheckpoint(checkpoint, where), platform, { where, most: MOST })
    try {
      const options = { count: MOST, seed: own.options.seed, draws: 0 }
      const { samples } = await judgeImages(network, features, evidenceOf(data, own), options)
      const { distance: frechet, precision: samplePrecision, recall: sampleRecall } = samples!
      const figures = { frechet, samplePrecision, sampleRecall }
      return Object.fromEntries(Object.entries(figures).map(([key, value]) => [nameOf(key, features), value]))
    } finally {
      await network.close()
    }
  }
}
