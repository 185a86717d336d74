import type { Catalogue, RuleEntry } from '../../lab/src/state/catalogue.js'
import { dataSets } from '../../src/data/index.js'
import { optionTable } from '../../src/options/index.js'
import { RULES } from '../../src/rules/registry.js'
import { trainingOptions } from '../../src/train/options.js'

/** What the page knows, as its builder writes it. */
export const catalogue: Catalogue = {
  rules: RULES.map(
    (rule): RuleEntry => ({
      ...{ id: rule.id, title: rule.title, summary: rule.summary, source: rule.source },
      ...{ short: rule.short ?? [], reconstructed: rule.reconstructed ?? [], targets: rule.targets ?? ['class'] },
      ...{ training: rule.training, presets: rule.presets, options: optionTable(rule.hyper) },
      ...{ predicts: rule.predict !== undefined, local: false },
    }),
  ),
  training: optionTable(trainingOptions),
  data: dataSets.map(({ name, title, input, target, names, counts }) => ({
    ...{ name, title, input, target, names, counts },
    embedded: name === 'glyphs',
  })),
}
