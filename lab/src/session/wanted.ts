import { type DataSet, findDataSet, type Samples } from '../../../src/data/index.js'
import type { Values } from '../../../src/options/values.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { ruleById } from '../../../src/rules/registry.js'
import { taskFor } from '../../../src/rules/task.js'
import type { Checkpoint } from '../../../src/train/checkpoint.js'
import { asked, trainingOptions } from '../../../src/train/options.js'
import { grouped, spread } from '../state/experiment.js'
import type { Wanted } from './protocol.js'

/** Options of training that are this machine's business, or filled in by the data. */
const LEFT = ['device', 'threads', 'cacheBytes', 'checkpointEvery']

/** What differs from a rule's own defaults. */
function differing(values: Values, defaults: Values): Values {
  const known = new Map(spread(defaults))
  const own = spread(values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(known.get(name)))
  return Object.fromEntries(own)
}

/** What a run was asked to do, as a page would ask for it. */
export function wantedOf({ rule: id, data, settings: { hyper, options } }: Checkpoint): Wanted {
  const rule = ruleById(id)
  const { counts } = findDataSet(data)
  const whole = Math.min(Math.round(counts.train / 10), 5000)
  const defaults = { ...trainingOptions.parse({}), ...rule.training, validation: whole, limit: counts.train }
  const own = Object.entries(differing(options, defaults)).filter(([name]) => !LEFT.includes(name))
  return {
    ...{ rule: id, data },
    hyper: differing(hyper, rule.hyper.parse({}) as Values),
    options: Object.fromEntries(own),
  }
}

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
  const task = taskFor(samples, { batch, seed: options.seed })
  // Layers that learn one after the other have all epochs each.
  const phases = options.schedule === 'greedy' ? (rule.greedy?.layers(task, hyper) ?? 1) : 1
  const epochs = phases * (options.epochs ?? rule.training.epochs)
  return { hyper, task, batch, epochs }
}

export const ruleOf = ({ rule }: Wanted): AnyRule => ruleById(rule)

export const shapesOf = ({ data }: Wanted): Pick<DataSet, 'input' | 'target' | 'names'> => findDataSet(data)
