import type { Tree } from '../nn/tree.js'
import type { Rule } from './contract.js'

/** What only its author knows of a rule; the rest has defaults. */
type Essential = 'id' | 'hyper' | 'locality' | 'init' | 'steps'

/**
 * A rule, with defaults for what is said about it: the title is its id in words, the source `ours`, and it trains for 8
 * epochs in batches of 100.
 */
export const defineRule = <Hyper, State extends Tree>(
  rule: Pick<Rule<Hyper, State>, Essential> & Partial<Omit<Rule<Hyper, State>, Essential>>,
): Rule<Hyper, State> => ({
  title: rule.id[0]!.toUpperCase() + rule.id.slice(1).replaceAll('-', ' '),
  summary: 'a rule of your own',
  source: 'ours',
  training: { epochs: 8, batch: 100 },
  presets: {},
  ...rule,
})
