import { SHARES } from '../targets/index.js'
import type { StartEvent } from './events.js'
import type { Criterion, Judgement } from './judge.js'
import { type Call, globalStep, type Plan, type Position, stepsOf } from './plan.js'
import type { TrainConfig } from './train.js'
import type { Trainer } from './trainer.js'
import type { Taken } from './weights-of.js'

/** What only the training itself knows of its begin. */
interface Begin {
  readonly criterion: Criterion
  readonly highest: number | undefined
  readonly at: Position
  readonly taken: Taken | undefined
}

/** The first event: what is trained, on what, how long, and its certificate. */
export function startEvent(
  trainer: Trainer,
  { rule, data, presetName, preset = presetName, resume, run }: TrainConfig,
  { criterion, highest, at, taken }: Begin,
): StartEvent {
  const { plan, settings, blocks, trainingSamples, validation, parameters, certificate } = trainer
  const { seed, device, precision, epochs, batch } = settings.options
  return {
    ...{ event: 'start', rule: rule.id, source: rule.source },
    ...(rule.reconstructed && { reconstructed: rule.reconstructed }),
    criterion,
    ...(rule.figures && { figures: rule.figures }),
    ...{ data: data.name, seed, device, precision },
    ...(preset !== undefined && { preset }),
    ...(highest !== undefined && { highest: blocks[highest]!.name }),
    ...{ epochs, batch, batchesPerEpoch: plan.batches, steps: stepsOf(plan) },
    ...{ trainingSamples, validationSamples: validation.count, parameters },
    ...{ peakActivationBytes: trainer.peakActivationBytes, stateBytes: trainer.stateBytes, certificate },
    ...(taken && { from: taken }),
    ...(resume && { resumedAt: globalStep(plan, at) }),
    ...(run !== undefined && { run }),
  }
}

/** A place in a training, or the steps of a call that begins there. */
export function whereIs({ phases }: Plan, { phase, epoch, between, batch }: Position, call?: Call): string {
  if (phase >= phases) return 'after the last epoch'
  const range = (first: number, count: number): string => `${first + 1}${count === 1 ? '' : ` to ${first + count}`}`
  if (call && call.between > 0) return `before epoch ${epoch + 1}, step ${range(between, call.between)} of ${call.step}`
  if (call) return `in epoch ${epoch + 1}, batch ${range(batch, call.batches)}`
  const done = batch === 0 && between > 0 ? `${between} steps before its batches` : `${batch} batches`
  return `in epoch ${epoch + 1} after ${done}`
}

/** Why a phase ends before its last epoch, and what is kept of it. */
export function earlyMessage({ criterion, best }: Judgement, epoch: number, learns: string | undefined): string {
  const { figure, better } = criterion
  const { merit, epoch: kept } = best!
  const of = learns === undefined ? '' : `${learns}: `
  const value = SHARES.includes(figure) ? `${(100 * merit).toFixed(2)} %` : `${better === 'larger' ? merit : -merit}`
  return `${of}no better validation ${figure} for ${epoch - kept} epochs; kept is epoch ${kept + 1} with ${value}`
}
