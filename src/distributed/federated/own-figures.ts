import type { AnyRule } from '../../rules/contract.js'
import type { Scores } from '../../train/events.js'

/**
 * Scores without the rule's own figures where some tensors stayed with the clients: they would be those of decoders that
 * nobody trained here. A rule that only generates keeps its figures: what they read travels.
 */
export function withoutOwn(
  scores: Scores,
  stays: readonly string[],
  { predict, figures: own = {} }: Pick<AnyRule, 'predict' | 'figures'>,
): Scores {
  if (stays.length === 0 || !predict) return scores
  const some = (figures: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(figures).filter(([name]) => own[name] === undefined))
  const { network, blocks } = scores
  const left = Object.entries(blocks ?? {}).map(([name, figures]) => [name, some(figures)] as const)
  return {
    ...(network && { network: some(network) }),
    ...(blocks && { blocks: Object.fromEntries(left.filter(([, figures]) => Object.keys(figures).length > 0)) }),
  }
}
