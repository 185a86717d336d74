import { UserError } from '../errors.js'
import { networkOptions } from '../nn/network.js'
import { checkOptions, type Values } from '../options/index.js'
import { presetOf } from '../train/options.js'
import type { Arm } from './contender.js'

const KEYS = Object.keys(networkOptions)

/** Whether the layers of an arm are dense or convolutional; undefined where its options do not say so. */
function kindOf(hyper: Values): unknown {
  if ('network' in hyper) return hyper.network
  return 'units' in hyper && !('poolAfter' in hyper) ? 'dense' : undefined
}

/** Whether a preset or an option of the arm says what its layers are. */
const isStated = ({ rule, preset, hyper }: Arm): boolean =>
  KEYS.some((key) => key in hyper || key in (presetOf(rule, preset)?.hyper ?? {}))

const completed = ({ rule, preset, hyper }: Arm): Values =>
  checkOptions(rule.hyper, { ...presetOf(rule, preset)?.hyper, ...hyper }, rule.id) as Values

/**
 * Arms with one network: those that say nothing of their layers take over those of the first arm that does, or of the
 * first one. Options are taken where both rules have them and their layers are of one kind. An arm that cannot have
 * these layers keeps its own.
 */
export function withOneNetwork(arms: readonly Arm[]): Arm[] {
  const described = arms.filter((arm) => kindOf(completed(arm)) !== undefined)
  const source = described.find(isStated) ?? described[0]
  if (!source) return [...arms]
  const network = completed(source)
  return arms.map((arm) => {
    if (arm === source || isStated(arm)) return arm
    const own = completed(arm)
    const isConvolutional = kindOf(network) === 'convolutional'
    const keys = KEYS.filter(
      (key) => key in network && key in own && (isConvolutional || !['kernel', 'poolAfter'].includes(key)),
    )
    const moves = keys.includes('network') || kindOf(own) === kindOf(network)
    if (!moves || kindOf(own) === undefined) return arm
    const taken = { ...arm, hyper: { ...Object.fromEntries(keys.map((key) => [key, network[key]])), ...arm.hyper } }
    try {
      completed(taken)
      return taken
    } catch (error) {
      if (error instanceof UserError) return arm
      throw error
    }
  })
}
