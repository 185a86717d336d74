import { UsageError, UserError } from '../errors.js'
import { sameShape, show } from '../graph/types.js'
import type { TensorRecord } from '../runtime/index.js'
import { type Checkpoint, checkState, stateRecord } from './checkpoint.js'
import type { Origin, TrainConfig } from './config.js'
import type { WeightsTaken } from './events.js'
import { checkPosition } from './plan.js'
import type { StateTensor } from './roles.js'
import type { Trainer } from './trainer.js'

const [RESUMED, BELOW] = ['the checkpoint', 'the run below']

/**
 * The state that a training begins with, and what it took from another network. Throws a UserError where a checkpoint
 * does not fit it, or is missing.
 */
export async function firstState(
  { tensors, plan, settings, initialState }: Trainer,
  { rule, data, resume, below, from }: TrainConfig,
): Promise<{ readonly state: TensorRecord; readonly taken?: WeightsTaken }> {
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

/**
 * A first state with the tensors of another network wherever the model has one of the same name, type and shape; the
 * optimiser begins afresh. Throws a UsageError where nothing fits, unless that may be.
 */
function weightsOf(
  { run, state, optional }: Origin,
  first: TensorRecord,
  tensors: readonly StateTensor[],
): { readonly state: TensorRecord; readonly taken: WeightsTaken } {
  const there = new Map(state.map((tensor) => [tensor.name, tensor]))
  const next = { ...first }
  const left: string[] = []
  for (const { name, dtype, shape } of tensors.filter(({ role }) => role !== 'optimizer')) {
    const own = there.get(name)
    if (own?.dtype === dtype && sameShape(own.shape, shape)) next[name] = own.data.slice()
    else left.push(`${name} ${show(shape)}: ${own ? `${own.dtype} ${show(own.shape)} there` : 'not there'}`)
  }
  const taken = tensors.filter(({ name }) => next[name] !== first[name]).length
  if (taken === 0 && !optional)
    throw new UsageError(`${run} has no weights of the names and shapes that this network has.`)
  const known = new Set(tensors.map(({ name }) => name))
  for (const { name, shape } of state) if (!known.has(name)) left.push(`${name} ${show(shape)}: not here`)
  return { state: next, taken: { run, taken, left } }
}

/** What decides which samples a training learns from and what it holds out. */
const SAMPLES = ['seed', 'validation', 'limit', 'precision']

/**
 * What may differ between the two halves of a training: its numbers stay, but for last bits on another device or
 * threads.
 */
const FREE = ['device', 'threads', 'cacheBytes', 'checkpointEvery']

type Own = Pick<Checkpoint, 'rule' | 'data' | 'settings'>

/** Throws a UserError unless the checkpoint belongs to a training with these settings, so that it can go on. */
export const checkSame = (checkpoint: Own, own: Own, where: string): void =>
  checkSettings(checkpoint, own, (option) => !FREE.includes(option), where)

/**
 * Throws a UserError unless the layers under layer `from` may be taken from the checkpoint: the same network and
 * samples, so that nothing that is held out here was learned there, and trained up to there.
 */
function checkBelow(checkpoint: Checkpoint, own: Own, from: number, where: string): void {
  if (from === 0)
    throw new UsageError('a run below serves a layer that is trained alone, from 1: name that layer, or leave it out')
  checkSettings(checkpoint, own, (option) => SAMPLES.includes(option), where)
  const { phase, epoch, batch } = checkpoint.position
  if (checkpoint.settings.options.schedule !== 'greedy' || phase < from)
    throw new UsageError(
      `layer ${from} learns from trained layers below it, but ${where} did not train layer ${from - 1} to its end`,
    )
  if (phase > from || epoch + batch > 0)
    throw new UsageError(
      `layer ${from} is trained from its first weights on, but ${where} has trained it already: ` +
        `name a run that ends with layer ${from - 1}`,
    )
}

function checkSettings(checkpoint: Own, own: Own, counts: (option: string) => boolean, where: string): void {
  const groups = ({ rule, data, settings: { hyper, options } }: Own): Readonly<Record<string, unknown>>[] => [
    { rule, data },
    hyper,
    Object.fromEntries(Object.entries(options).filter(([name]) => counts(name))),
  ]
  const here = groups(own)
  for (const [i, there] of groups(checkpoint).entries())
    for (const name of Object.keys({ ...there, ...here[i] })) {
      const [before, now] = [there[name], here[i]![name]].map((value) => JSON.stringify(value))
      if (before !== now)
        throw new UserError(`${where} belongs to another training: its ${name} is ${before}, here it is ${now}`)
    }
}

/** What was asked for before an option existed has that option's default: what the rule then did. */
export function withDefaults<T extends Own>(asked: T, rule: TrainConfig['rule']): T {
  if (asked.rule !== rule.id) return asked
  const known = rule.hyper.safeParse(asked.settings.hyper)
  return known.success ? { ...asked, settings: { ...asked.settings, hyper: known.data } } : asked
}
