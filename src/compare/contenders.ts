import type { DataSet } from '../data/index.js'
import { UserError } from '../errors.js'
import { flopOf } from '../meter/flop.js'
import { parametersOf } from '../meter/meter.js'
import type { Values } from '../options/index.js'
import { backprop } from '../rules/backprop.js'
import type { AnyRule } from '../rules/contract.js'
import type { Criterion } from '../train/events.js'
import { benchOf, criterionOf } from '../train/judge.js'
import { asked, fit, presetOf, type Settings, type TrainInput } from '../train/options.js'
import { beginOf, callAt, endOf, isEpochDone, type Plan } from '../train/plan.js'
import type { Platform } from '../train/platform.js'
import { tensorsOf } from '../train/roles.js'
import { partsOf } from '../train/rows.js'
import { type TracedPlan, taskOf, tracePlan } from '../train/traced-plan.js'
import type { Arm, Contender } from './contender.js'
import { withOneNetwork } from './network.js'

/** What the arms are compared on. */
export interface Terms {
  readonly data: DataSet
  /** Training options for all arms. */
  readonly options?: TrainInput['options']
  readonly platform: Platform
}

export interface Field {
  readonly contenders: readonly Contender[]
  /** The arm that the others are compared with: backpropagation, or the first where it is not among them. */
  readonly reference: Contender
  /** What was done that nobody asked for, in sentences. */
  readonly notes: readonly string[]
}

/**
 * The arms on their data, on terms as equal as their rules allow: one network, one size of batches and one number of
 * epochs, those of the first arm, wherever an arm does not say otherwise by a preset or an option. Backpropagation is
 * added where it is not named. Throws a UserError where an arm cannot learn the data, or is judged by another figure.
 */
export async function fieldOf(arms: readonly Arm[], terms: Terms): Promise<Field> {
  const isNamed = arms.some(({ rule }) => rule.id === backprop.id)
  if (isNamed) return await lineUp(arms, terms, [])
  const added: Arm = { name: backprop.id, rule: backprop as AnyRule, hyper: {} }
  try {
    return await lineUp([...arms, added], terms, [
      'Backpropagation was not named, and is always among them: it was added.',
    ])
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return await lineUp(arms, terms, [`Backpropagation is not among them: ${error.message.replace(/\.$/, '')}.`])
  }
}

async function lineUp(arms: readonly Arm[], terms: Terms, notes: readonly string[]): Promise<Field> {
  const [first] = arms
  const { batch, epochs } = { ...first!.rule.training, ...presetOf(first!.rule, first!.preset)?.train }
  const contenders: Contender[] = []
  for (const arm of withOneNetwork(arms))
    contenders.push(await contenderOf(arm, { batch, epochs, ...presetOf(arm.rule, arm.preset)?.train }, terms))
  const [{ criterion, name }] = contenders as [Contender]
  const other = contenders.find((own) => JSON.stringify(own.criterion) !== JSON.stringify(criterion))
  if (other)
    throw new UserError(
      `${other.name} is judged by its ${wordsOf(other.criterion)} and ${name} by its ${wordsOf(criterion)}: these cannot be compared`,
    )
  const reference = contenders.find(({ rule }) => rule.id === backprop.id) ?? contenders[0]!
  return { contenders, reference, notes }
}

const wordsOf = ({ block, figure }: Criterion): string => (block === undefined ? figure : `${figure} of ${block}`)

/** An arm with so many epochs, whatever its preset says. */
export const withEpochs = <T extends Contender>(contender: T, epochs: number): T => ({
  ...contender,
  settings: { ...contender.settings, options: { ...contender.settings.options, epochs } },
})

async function contenderOf(arm: Arm, usual: Values, terms: Terms): Promise<Contender> {
  const { rule, preset, hyper } = arm
  const wanted = asked(rule, { preset, hyper, settings: { options: usual }, options: terms.options })
  return await contending(arm, fit(rule, terms.data, wanted), terms)
}

/** An arm with complete settings, and what its graph says of them. */
export async function contending(
  arm: Arm,
  settings: Settings,
  { data, platform }: Pick<Terms, 'data' | 'platform'>,
): Promise<Contender> {
  const { rule } = arm
  const { train } = partsOf(data, settings.options)
  const task = await taskOf(data, settings.options, platform)
  const traced = tracePlan(rule, task, settings, train.count)
  const { plan } = traced
  const blocks = rule.locality(task, settings.hyper).blocks
  const tensors = tensorsOf(traced.traced.predict, blocks)
  return {
    ...arm,
    settings,
    criterion: criterionOf(benchOf(rule, task, settings, blocks)),
    tensors,
    parameters: parametersOf(tensors),
    flopPerSample: flopPerSample(traced, settings.options.batch),
    phases: plan.phases - plan.from,
    samplesPerEpoch: plan.batches * settings.options.batch,
  }
}

/** The mean over the first epoch of each phase; steps between epochs, which read no samples, are counted to them. */
function flopPerSample({ plan, steps }: TracedPlan, batch: number): number {
  let flop = 0
  let samples = 0
  for (let phase = plan.from; phase < plan.phases; phase++)
    for (const { step, runs, batches } of callsOf(plan, phase)) {
      flop += runs * flopOf(steps[step]!)
      samples += batches * batch
    }
  return flop / samples
}

function* callsOf(plan: Plan, phase: number) {
  for (let at = beginOf(phase); !isEpochDone(plan, at); ) {
    const call = callAt(plan, at, Number.POSITIVE_INFINITY)!
    yield call
    at = endOf(call)
  }
}
