import { type DataSet, findDataSet, type Samples } from '../../../src/data/index.js'
import { type Values, withValue } from '../../../src/options/values.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { ruleById } from '../../../src/rules/registry.js'
import { taskFor } from '../../../src/rules/task.js'
import { asked } from '../../../src/train/options.js'
import type { Wanted } from './protocol.js'

/** Options by dotted names as the groups that they are. */
const grouped = (values: Values): Values =>
  Object.entries(values).reduce<Values>((all, [name, value]) => withValue(all, name, value), {})

/** What was asked for, as the trainer takes it. */
export const inputOf = ({ preset, hyper, options }: Wanted) => ({
  ...(preset !== undefined && { preset }),
  hyper: grouped(hyper),
  options: { ...grouped(options), device: 'wasm' as const },
})

/** The rule with its settings, and a task of the shapes of its data: all that tracing needs. */
export function tracedFor(wanted: Wanted, rule: AnyRule, samples: Pick<Samples, 'input' | 'target'>) {
  const { hyper, options } = asked(rule, inputOf(wanted))
  const batch = options.batch ?? rule.training.batch
  const epochs = options.epochs ?? rule.training.epochs
  return { hyper, task: taskFor(samples, { batch, seed: options.seed }), batch, epochs }
}

export const ruleOf = ({ rule }: Wanted): AnyRule => ruleById(rule)

export const shapesOf = ({ data }: Wanted): Pick<DataSet, 'input' | 'target' | 'names'> => findDataSet(data)
