import type { Certificate } from '../../certificate/certificate.js'
import type { DataSet, Samples } from '../../data/index.js'
import { UserError } from '../../errors.js'
import { certifyPrograms } from '../../rules/certify.js'
import type { AnyRule, Block, Locality } from '../../rules/contract.js'
import { feed, inputsOf } from '../../train/feed.js'
import { resolvedOptions, type Settings } from '../../train/options.js'
import type { Plan } from '../../train/plan.js'
import type { Platform } from '../../train/platform.js'
import { shuffledRows } from '../../train/rows.js'
import { taskOf, tracePlan } from '../../train/traced-plan.js'
import { checkCut, samePorts, trainingOf } from './agreed.js'
import { openStage, type StageCompute } from './compute.js'
import type { StageStep } from './cut.js'
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
  const training = data && { split: trainingOf(data, manifest, options), samples: data }
  const source = {
    rows: stage === 0 ? shuffledRows(traced.plan, manifest.trainingSamples, options) : () => new Uint32Array(0),
    read: training ? inputsOf(training, options) : noSamples,
  }
  const make = feed(traced.plan, training ?? { split: NONE, samples }, options, source)
  return { plan: traced.plan, blocks, parts: own, compute: await openStage(own, make, options, platform) }
}

const NONE = { inputs: new Uint8Array(0), count: 0 }

const noSamples = (): never => {
  throw new Error('only the lowest stage reads samples')
}

/** Throws where the cut here is not that of the manifest. */
function checkSame(
  { stages, rule }: Manifest,
  stage: number,
  names: readonly (readonly string[])[],
  own: StageWork['parts'],
): void {
  const wanted = stages[stage]
  checkCut(rule, wanted !== undefined && names[stage]?.join() === wanted.blocks.join())
  for (const [key, { takes, program }] of Object.entries(own)) {
    const state = program.state.map(({ name, input: { dtype, shape } }) => ({ name, dtype, shape }))
    checkCut(rule, samePorts(takes, wanted!.takes[key] ?? []) && samePorts(state, wanted!.tensors))
  }
}
