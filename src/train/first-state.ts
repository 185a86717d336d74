import { UsageError } from '../errors.js'
import type { TensorRecord } from '../runtime/index.js'
import { checkBelow, checkSame, checkState, stateRecord, withDefaults } from './checkpoint.js'
import { checkPosition } from './plan.js'
import type { TrainConfig } from './train.js'
import type { Trainer } from './trainer.js'
import { type Taken, weightsOf } from './weights-of.js'

const [RESUMED, BELOW] = ['the checkpoint', 'the run below']

/** The state that a training begins with, and what it took from another network. Throws a UserError where a checkpoint does not fit it, or is missing. */
export async function firstState(
  { tensors, plan, settings, initialState }: Trainer,
  { rule, data, resume, below, from }: TrainConfig,
): Promise<{ readonly state: TensorRecord; readonly taken?: Taken }> {
  const own = { rule: rule.id, data: data.name, settings }
  if (resume) {
    checkState(tensors, resume.state, RESUMED)
    checkSame(withDefaults(resume, rule), own, RESUMED)
    checkPosition(plan, resume.position)
    return { state: stateRecord(resume.state) }
  }
  if (below) {
    checkState(tensors, below.state, BELOW)
    checkBelow(withDefaults(below, rule), own, plan.from, BELOW)
    return { state: stateRecord(below.state) }
  }
  if (plan.from > 0)
    throw new UsageError(
      `layer ${plan.from} learns from what the layers below it hand up: name the run that trained them (--below RUN)`,
    )
  const state = await initialState()
  return from ? weightsOf(from, state, tensors) : { state }
}
