import type { AnyRule, Task } from '../rules/contract.js'
import type { Scores } from './events.js'
import type { Settings } from './options.js'

/**
 * The layer up to which a network has learned, where those above it have learned nothing: after `layer`, by default the
 * one that a run trains alone. Undefined for a whole network.
 */
export const highestOf = (
  rule: AnyRule,
  task: Task,
  { hyper, options }: Settings,
  layer = options.layer,
): number | undefined => (layer !== undefined && layer + 1 < rule.greedy!.layers(task, hyper) ? layer : undefined)

/**
 * Of what held-out samples say, that which has been learned where the blocks above number `highest` have learned
 * nothing: the figures of the blocks up to there, and none of the network. A block that is judged by a figure of its
 * own says nothing of the target before what lies above it has learned.
 */
export function learnedPart(
  scores: Scores,
  rule: Pick<AnyRule, 'greedy' | 'figures'>,
  hyper: unknown,
  blocks: readonly string[],
  highest: number | undefined,
): Scores {
  if (highest === undefined) return scores
  const objective = rule.greedy!.objective?.(highest, hyper)
  const isKept = (figure: string): boolean =>
    objective === undefined || figure === objective || rule.figures?.[figure] !== undefined
  const kept = blocks.slice(0, highest + 1).flatMap((block) => {
    const own = Object.entries(scores.blocks?.[block] ?? {}).filter(([figure]) => isKept(figure))
    return own.length === 0 ? [] : [[block, Object.fromEntries(own)] as const]
  })
  return { blocks: Object.fromEntries(kept) }
}
