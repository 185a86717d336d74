import type { Inside } from '../../../src/browser/served.js'
import type { Scores } from '../../../src/train/events.js'
import { benchOf, highestOf, learnedPart } from '../../../src/train/judge.js'

/**
 * Gives the part of held-out figures that has been learned where a training stands, as its own epochs tell it: none
 * before a read-out is solved, and none of layers that learn later.
 */
export function learnedIn({ rule, trainer, at }: Pick<Inside, 'rule' | 'trainer' | 'at'>) {
  const { settings, task, blocks, plan, readOut } = trainer
  const bench = benchOf(rule, task, settings, blocks)
  return (scores: Scores): Scores => {
    const { phase, epoch, between, batch } = at()
    if (readOut && phase < plan.phases) return {}
    if (settings.options.schedule !== 'greedy') return scores
    const layer = epoch + between + batch === 0 ? phase - 1 : phase
    return layer < plan.from ? {} : learnedPart(bench, scores, highestOf(bench, layer))
  }
}
