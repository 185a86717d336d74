import type { Certificate } from '../../certificate/certificate.js'
import type { DataSet, Samples } from '../../data/index.js'
import { UserError } from '../../errors.js'
import { sameShape } from '../../graph/types.js'
import { certifyPrograms } from '../../rules/certify.js'
import type { AnyRule, Block, Locality } from '../../rules/contract.js'
import { feed, inputsOf } from '../../train/feed.js'
import { resolvedOptions, type Settings } from '../../train/options.js'
import type { Plan } from '../../train/plan.js'
import type { Platform } from '../../train/platform.js'
import { partsOf, shuffledRows } from '../../train/rows.js'
import { taskOf, tracePlan } from '../../train/traced-plan.js'
import { openStage, type StageCompute } from './compute.js'
import type { Port, StageStep } from './cut.js'
import type { Manifest } from './manifest.js'
import { stagesOf } from './stages.js'

/** All that a worker needs for the steps of one stage. */
export interface StageWork {
  readonly plan: Plan
  readonly blocks: readonly Block[]
  /** By step. */
  readonly parts: Readonly<Record<string, StageStep>>
  readonly compute: StageCompute
}

interface Given {
  readonly rule: AnyRule
  readonly platform: Platform
  /** The lowest stage reads them; no other needs any. */
  readonly data?: DataSet | undefined
}

/** Traces and cuts the rule as the manifest says. Throws a UserError where this machine would compute something else. */
export async function openWork(manifest: Manifest, stage: number, { rule, platform, data }: Given): Promise<StageWork> {
  const samples = manifest.samples as Samples
  const settings: Settings = {
    hyper: rule.hyper.parse(manifest.settings.hyper) as Settings['hyper'],
    options: resolvedOptions.parse(manifest.settings.options),
  }
  const { options } = settings
  const task = await taskOf(samples, options, platform)
  const traced = tracePlan(rule, task, settings, manifest.trainingSamples)
  const { blocks }: Locality = rule.locality(task, settings.hyper)
  const certificate = (): Certificate =>
    certifyPrograms(rule, traced.traced, task, settings.hyper, [Object.values(traced.steps)])
  const { parts, blocks: names } = stagesOf(traced.steps, blocks, certificate, {
    rule: rule.id,
    workers: manifest.stages.length,
  })
  const own = Object.fromEntries(Object.entries(parts).map(([key, all]) => [key, all[stage]!]))
  checkSame(manifest, stage, names, own)
  if (stage === 0 && !data)
    throw new UserError(
      `the lowest stage reads the samples of ${manifest.data}, and they are not here: say where (--data)`,
    )
  const source = {
    rows: stage === 0 ? shuffledRows(traced.plan, manifest.trainingSamples, options) : () => new Uint32Array(0),
    read: data ? inputsOf(trainingOf(data, manifest, options), options) : noSamples,
  }
  const training = data ? trainingOf(data, manifest, options) : { split: NONE, samples }
  const make = feed(traced.plan, training, options, source)
  return { plan: traced.plan, blocks, parts: own, compute: await openStage(own, make, options, platform) }
}

const NONE = { inputs: new Uint8Array(0), count: 0 }

const noSamples = (): never => {
  throw new Error('only the lowest stage reads samples')
}

/** The training samples, checked to be those of the run as far as can be told. */
function trainingOf(
  data: DataSet,
  { trainingSamples, data: name, fingerprint }: Manifest,
  options: Settings['options'],
) {
  const { train } = partsOf(data, options)
  const isSame = train.count === trainingSamples && (fingerprint === undefined || data.fingerprint === fingerprint)
  if (!isSame)
    throw new UserError(`the run trains on other data than ${data.name} here: it needs ${name}, the same files`)
  return { split: train, samples: data }
}

/** Throws where the cut here is not that of the manifest: another version of onward or of the rule. */
function checkSame(
  { stages, rule }: Manifest,
  stage: number,
  names: readonly (readonly string[])[],
  own: StageWork['parts'],
): void {
  const wanted = stages[stage]
  const other = `this machine would cut ${rule} in another way than the run does; use the same version of onward and of the rule on all machines`
  if (!wanted || names[stage]?.join() !== wanted.blocks.join()) throw new UserError(other)
  const same = (a: readonly Port[], b: readonly Port[]): boolean =>
    a.length === b.length &&
    a.every(
      ({ name, dtype, shape }, i) => b[i]!.name === name && b[i]!.dtype === dtype && sameShape(b[i]!.shape, shape),
    )
  for (const [key, { takes, program }] of Object.entries(own)) {
    const state = program.state.map(({ name, input: { dtype, shape } }) => ({ name, dtype, shape }))
    if (!same(takes, wanted.takes[key] ?? []) || !same(state, wanted.tensors)) throw new UserError(other)
  }
}
