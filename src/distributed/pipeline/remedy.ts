import { UserError } from '../../errors.js'
import { GraphError } from '../../graph/index.js'
import { isInEffect, type Option, optionTable, type Values, withValue } from '../../options/index.js'
import type { AnyRule, Task } from '../../rules/contract.js'
import type { Settings } from '../../train/options.js'
import { tracePlan } from '../../train/traced-plan.js'
import { placesOf } from './places.js'

/** What to do with a rule that cannot be cut into so many stages as it is set, in sentences. */
export function adviceFor(rule: AnyRule, task: Task, settings: Settings, count: number, stages: number): string {
  const choices = choicesThatCut(rule, task, settings, count, stages)
  const ways = [
    ...(choices.length > 0
      ? [`change one option so that it can be: ${choices.map((own) => `--set ${own}`).join(', ')}`]
      : []),
    ...(canLearnByChapters(rule, task, settings, count) ? ['train it by chapters, as it is: --mode all-layers'] : []),
    'train it in one process (onward train), or over data (onward up federated)',
  ]
  const [first, ...others] = ways
  return [first!.replace(/^./, (letter) => letter.toUpperCase()), ...others].join('; or ')
}

/**
 * Choices of a rule's options with which it can be cut into so many stages, each changed alone: `negatives=uniform`. Found by
 * trying them all, so that nothing needs to know what an option means.
 */
function choicesThatCut(
  rule: AnyRule,
  task: Task,
  { hyper, options }: Settings,
  count: number,
  stages: number,
): string[] {
  const canBeCut = (name: string, value: string): boolean => {
    const other = rule.hyper.safeParse(withValue(hyper, name, value))
    if (!other.success) return false
    return isPossible(() => {
      const { steps } = tracePlan(rule, task, { hyper: other.data as Settings['hyper'], options }, count)
      const { blocks } = rule.locality(task, other.data)
      return placesOf(Object.values(steps), blocks, unasked).cuts.length >= stages - 1
    })
  }
  const table = optionTable(rule.hyper)
  /** Options that others hang on change more than themselves: they come last. */
  const dependents = ({ name }: Option): number => table.filter(({ onlyWith }) => onlyWith && name in onlyWith).length
  return table
    .toSorted((a, b) => dependents(a) - dependents(b))
    .flatMap(({ name, kind, ...option }) =>
      kind.type === 'choice' && isInEffect(option, hyper as Values)
        ? kind.values.filter((value) => canBeCut(name, value)).map((value) => `${name}=${value}`)
        : [],
    )
}

const canLearnByChapters = (rule: AnyRule, task: Task, { hyper, options }: Settings, count: number): boolean =>
  rule.greedy !== undefined &&
  isPossible(() => {
    tracePlan(rule, task, { hyper, options: { ...options, schedule: 'greedy' } }, count)
    return true
  })

/** False where options do not go together. */
function isPossible(of: () => boolean): boolean {
  try {
    return of()
  } catch (error) {
    if (error instanceof GraphError || error instanceof UserError) return false
    throw error
  }
}

const unasked = (): never => {
  throw new Error('a search for places asks for no reasons')
}
