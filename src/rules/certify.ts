import { type Certificate, worstOf } from '../certificate/certificate.js'
import { type CertifyOptions, certify, type Program } from '../certificate/certify.js'
import { allNodes } from '../certificate/network.js'
import type { Samples } from '../data/index.js'
import { UserError } from '../errors.js'
import type { Node } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { AnyRule, Locality, Task } from './contract.js'
import { isName } from './figures.js'
import { taskFor } from './task.js'
import { type TracedRule, type TracedStep, traceRule } from './trace.js'

/**
 * The certificate of a rule over every program that a training of it may run: on a task, or on samples such as a data
 * set holds or the one of that name. Options that are left out have their defaults.
 */
export function certifyRule(
  rule: AnyRule,
  on: string | Pick<Samples, 'input' | 'target'> | Task,
  options: unknown = {},
): Certificate {
  const task = typeof on !== 'string' && 'batch' in on ? on : taskFor(on, { batch: rule.training.batch })
  const hyper = rule.hyper.parse(options)
  const traced = traceRule(rule, task, hyper)
  return certifyPrograms(rule, traced, task, hyper, [
    ...jointGroups(rule, traced, hyper),
    ...greedyGroup(rule, traced, task, hyper),
  ])
}

/** The same over programs in groups: one batch runs programs of one group alone, and each of these once. */
export function certifyPrograms(
  rule: AnyRule,
  traced: TracedRule,
  task: Task,
  hyper: unknown,
  groups: readonly (readonly Program[])[],
): Certificate {
  const { blocks }: Locality = rule.locality(task, hyper)
  const names = blocks.map(({ name }) => name)
  const wrong = names.find((name, i) => !isName(name) || names.indexOf(name) !== i)
  if (wrong !== undefined)
    throw new UserError(`${rule.id} has a block "${wrong}": each has a name of its own, without "/"`)
  const options: CertifyOptions = {
    samples: task.batch,
    choices: task.target.kind === 'class' ? Math.max(2, task.target.count) : 2,
    predict: traced.predict,
    labelled: labelledStart(traced),
  }
  // A read-out is solved after any of them.
  const solved = traced.readOut ? [traced.readOut.step] : []
  return worstOf(groups.map((programs) => certify([...programs, ...solved], blocks, options)))
}

/** The state that `init` makes with the labels of its sample. */
function labelledStart({ init }: TracedRule): ReadonlySet<string> {
  const isLabels = ({ op, attributes }: Node): boolean => op === 'input' && attributes.kind === 'labels'
  return new Set(init.metrics.flatMap(({ name, output }) => (allNodes([output]).some(isLabels) ? name : [])))
}

/** All steps, and each list of several steps that the schedule lets one batch run. */
function jointGroups(rule: AnyRule, traced: TracedRule, hyper: unknown): Program[][] {
  const lists = new Map<string, readonly string[]>()
  if (rule.schedule)
    for (let epoch = 0; epoch < rule.training.epochs; epoch++)
      for (let batch = 0; batch < SCHEDULED_BATCHES; batch++) {
        const list = rule.schedule(epoch, batch, hyper, (epoch + batch / SCHEDULED_BATCHES) / rule.training.epochs)
        if (list.length > 1) lists.set(list.join(), list)
      }
  return [Object.values(traced.steps), ...[...lists].map(([name, list]) => [traced.turn(name, [list])])]
}

/** Of each epoch, how many are asked for their steps. */
const SCHEDULED_BATCHES = 32

/** The steps of all layers, each fed by what the layers below hand up; none where the rule cannot train so. */
function greedyGroup(rule: AnyRule, traced: TracedRule, task: Task, hyper: unknown): Program[][] {
  const programs = Array.from({ length: greedyLayers(rule, task, hyper) }, (_, layer) => {
    const { step, features } = traced.greedy(layer)
    return greedyProgram(step, layer > 0 ? features : undefined)
  })
  return programs.length > 0 ? [programs] : []
}

function greedyLayers(rule: AnyRule, task: Task, hyper: unknown): number {
  try {
    return rule.greedy?.layers(task, hyper) ?? 0
  } catch (error) {
    if (error instanceof UserError) return 0
    throw error
  }
}

/** A step of greedy training with what feeds it; without where it reads the images themselves. */
export function greedyProgram(step: TracedStep, features: StepGraph | undefined): Program {
  const x = features && step.batch.find(({ name }) => name === 'x')
  return x ? { ...step, fed: { ...features, input: x.input } } : step
}
