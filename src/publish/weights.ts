import { checkOptions } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { taskFor } from '../rules/task.js'
import { traceRule } from '../rules/trace.js'
import type { Checkpoint } from '../train/checkpoint.js'
import { tensorsOf } from '../train/roles.js'
import { encodeSafetensors, type NamedTensor } from '../train/safetensors.js'

/** What a model needs of a checkpoint: its weights and running statistics, and nothing of the optimiser. */
export function weightsOf(rule: AnyRule, { settings, samples, state }: Checkpoint): NamedTensor[] {
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const { batch, seed } = settings.options
  const task = taskFor(samples, { batch, seed })
  const { predict } = traceRule(rule, task, hyper)
  const needed = new Set(
    tensorsOf(predict, rule.locality(task, hyper).blocks).flatMap(({ name, role }) =>
      role === 'optimizer' ? [] : [name],
    ),
  )
  return state.filter(({ name }) => needed.has(name))
}

/** The weights as a file in the safetensors format; the metadata say of which rule and data. */
export const weightsFile = (rule: AnyRule, checkpoint: Checkpoint): Uint8Array<ArrayBuffer> =>
  encodeSafetensors({
    tensors: weightsOf(rule, checkpoint),
    metadata: {
      format: 'onward-weights',
      rule: checkpoint.rule,
      data: checkpoint.data,
      names: JSON.stringify(checkpoint.samples.names),
    },
  })
