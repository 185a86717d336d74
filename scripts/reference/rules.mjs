// docs/reference/rules.md: every option of every rule.
import { anchor, code, sentence, table } from './markdown.mjs'

/** The page, as lines. `load` gives a module of the program by its path. */
export async function rulesPage(load) {
  const { RULES } = await load('rules/registry.js')
  const options = await load('options/index.js')
  return [
    '# Every option of every rule',
    'An option is given as `--set KEY=VALUE`; lists have commas: `--set units=500,500`. _Takes_ says what values it may have',
    'and, after "only with", with which values of other options it has an effect. _Searched_ says where `onward tune` looks, if',
    'it does. `npx onward rules RULE` shows the same with the presets of a rule, and what was reconstructed.',
    '',
    `${RULES.map(({ id }) => `[${code(id)}](#${anchor(id)})`).join(', ')}.`,
    '',
    ...RULES.flatMap((rule) => sectionOf(rule, options)),
  ]
}

function sectionOf({ id, title, training, hyper }, { optionTable, describeOption, showValue }) {
  const rows = optionTable(hyper).map((option) => [
    code(option.name),
    code(showValue(option.fallback)),
    describeOption(option),
    searched(option.search),
    sentence(option.description),
  ])
  return [
    `## ${id}`,
    '',
    `${title}: [its page](../rules/${id}.md). It trains ${training.epochs} epochs in batches of ${training.batch}, unless told otherwise.`,
    '',
    ...(rows.length > 0
      ? table(['option', 'default', 'takes', 'searched', 'what it is'], rows)
      : ['It has no options.']),
    '',
  ]
}

function searched(search) {
  if (search === undefined) return ''
  if (search === true) return 'all values'
  if ('choices' in search) return search.choices.map(code).join(' ')
  const { low, high, log, step } = search
  return `${low} to ${high}${log ? ', log' : ''}${step === undefined ? '' : `, step ${step}`}`
}
