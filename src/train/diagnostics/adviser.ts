import { optionTable } from '../../options/index.js'
import type { AnyRule } from '../../rules/contract.js'
import { readOutOf } from '../../rules/read-out.js'
import type { TensorRecord } from '../../runtime/index.js'
import { SHARES } from '../../targets/index.js'
import { beginOf, globalStep, type Position } from '../plan.js'
import type { Trainer } from '../trainer.js'
import type { AdviceEvent } from './advice.js'
import type { Observation, Setting } from './diagnosis.js'
import { isNoBetter } from './overfitting.js'
import { someOf } from './seen.js'
import { DIAGNOSES } from './table.js'
import { weightsOf } from './weights.js'

/** What the training knows of an epoch that ended. */
export type Ended = Pick<Observation, 'epoch' | 'begin' | 'metrics' | 'validation' | 'criterion'>

/**
 * Looks at a training after each epoch, whose last step ends at `at` and leaves `state`, and tells what is wrong: each kind
 * of advice once for each block. It reads the state, a few held-out samples and at times a few training samples; nothing of
 * that changes the training.
 */
export function adviserOf(trainer: Trainer, rule: AnyRule, begin: TensorRecord) {
  const { plan, blocks, tensors, settings, validation } = trainer
  const [heldOut, seen] = [someOf(validation), someOf(trainer.training)]
  const setting: Setting = {
    hyper: settings.hyper,
    options: new Set(optionTable(rule.hyper).map(({ name }) => name)),
    blocks: blocks.map(({ name }) => name),
    // A read-out that is solved after the last epoch takes no patience.
    couldWait: settings.options.patience === 0 && readOutOf(rule, settings.hyper) === undefined,
    heldOut: validation.count,
    seen: seen.count,
    shares: SHARES,
    divergence: rule.divergence,
  }
  const model = tensors.filter(({ role }) => role === 'model')
  const weightsIn = (state: TensorRecord): TensorRecord =>
    Object.fromEntries(model.map(({ name }) => [name, state[name]!]))
  /**
   * The tensors that the steps of an epoch write to, and still do a tenth of the training later: at the end schedules leave
   * so little of a step size that a block that is well moves next to nothing, as does one just before it freezes.
   */
  const learning = (at: Position): ReadonlySet<string> => {
    const epoch = at.epoch + Math.floor(plan.epochs / 10)
    if (epoch >= plan.epochs) return new Set()
    const later = trainer.written({ ...beginOf(at.phase), epoch })
    return new Set([...trainer.written(at)].filter((name) => later.has(name)))
  }
  const first = weightsIn(begin)
  const told = new Set<string>()
  let before = first
  let observed: { readonly phase: number; readonly list: Observation[] } = { phase: -1, list: [] }

  return async (ended: Ended, at: Position, state: TensorRecord): Promise<AdviceEvent[]> => {
    const after = weightsIn(state)
    const weights = weightsOf(blocks, model, { first, before, after }, learning(at))
    before = after
    if (observed.phase !== at.phase) observed = { phase: at.phase, list: [] }
    const { list } = observed
    const training = isNoBetter([...list, { ...ended, weights, units: {} }]) ? await trainer.measure(seen) : undefined
    // Where units cannot be looked at, as for want of memory, the training goes on without that advice.
    const units = await trainer.units(heldOut).catch(() => ({}))
    list.push({ ...ended, weights, units, training })
    return DIAGNOSES.flatMap(({ kind, find }) =>
      find(list, setting).flatMap((found): AdviceEvent[] => {
        const key = JSON.stringify([kind, found.block])
        if (told.has(key)) return []
        told.add(key)
        return [{ event: 'advice', step: globalStep(plan, at), epoch: ended.epoch, kind, ...found }]
      }),
    )
  }
}
