import type { Certificate } from '../locality/certificate.js'
import { certify } from '../locality/certify.js'
import type { AnyRule, Task } from './contract.js'
import { traceRule } from './trace.js'

/** The certificate of a rule on a task, over all its steps. */
export function certifyRule(rule: AnyRule, task: Task, hyper: unknown): Certificate {
  const traced = traceRule(rule, task, hyper)
  return certify(Object.values(traced.steps), rule.locality(task, hyper).blocks)
}
