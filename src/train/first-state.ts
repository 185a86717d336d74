import { UserError } from '../errors.js'
import type { TensorRecord } from '../runtime/index.js'
import { checkBelow, checkSame, checkState, stateRecord, withDefaults } from './checkpoint.js'
import type { TrainConfig } from './train.js'
import type { Trainer } from './trainer.js'

const [RESUMED, BELOW] = ['the checkpoint', 'the run below']

/** The state that a training begins with. Throws a UserError where a checkpoint does not fit it, or is missing. */
export async function firstState(
  { tensors, plan, settings, initialState }: Trainer,
  { rule, data, resume, below }: TrainConfig,
): Promise<TensorRecord> {
  const own = { rule: rule.id, data: data.name, settings }
  if (resume) {
    checkState(tensors, resume.state, RESUMED)
    checkSame(withDefaults(resume, rule), own, RESUMED)
    return stateRecord(resume.state)
  }
  if (below) {
    checkState(tensors, below.state, BELOW)
    checkBelow(withDefaults(below, rule), own, plan.from, BELOW)
    return stateRecord(below.state)
  }
  if (plan.from > 0)
    throw new UserError(
      `layer ${plan.from} learns from what the layers below it hand up: name the run that trained them (--below RUN)`,
      { exitCode: 2 },
    )
  return await initialState()
}
