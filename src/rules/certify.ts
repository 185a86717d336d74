import type { Samples } from '../data/index.js'
import type { Certificate } from '../locality/certificate.js'
import { certify } from '../locality/certify.js'
import type { AnyRule, Task } from './contract.js'
import { taskFor } from './task.js'
import { traceRule } from './trace.js'

/**
 * The certificate of a rule over all its steps: on a task, or on samples such as a data set holds or the one of that name.
 * Options that are left out have their defaults.
 */
export function certifyRule(
  rule: AnyRule,
  on: string | Pick<Samples, 'input' | 'target'> | Task,
  options: unknown = {},
): Certificate {
  // What an update reads does not depend on the number of samples; a few keep the graph's constants small.
  const task = typeof on !== 'string' && 'batch' in on ? on : taskFor(on, { batch: 4 })
  const hyper = rule.hyper.parse(options)
  const traced = traceRule(rule, task, hyper)
  return certify(Object.values(traced.steps), rule.locality(task, hyper).blocks)
}
