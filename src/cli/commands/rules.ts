import { styleText } from 'node:util'
import { describeKind, describeOption, optionTable, showValue } from '../../options/index.js'
import type { AnyRule } from '../../rules/contract.js'
import { findRule } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import { TARGET_WORDS } from '../../train/options.js'
import { plural } from '../output/numbers.js'
import { print, printJson } from '../output/print.js'
import { bulleted, columns, definitions, section, textWidth, wrapText } from '../output/text.js'
import { describeSource, RECONSTRUCTED } from '../sources.js'
import { named } from '../to-type.js'

/** `onward rules [RULE]`: one line each, or everything about one. */
export async function command(id: string | undefined, { json }: { readonly json?: true }): Promise<void> {
  const rules = id === undefined ? RULES : [await findRule(id)]
  if (json) printJson(rules.map(toJson))
  else print(...(id === undefined ? listRules(textWidth()) : describeRule(rules[0]!, textWidth())))
}

function listRules(width: number): string[] {
  const heads = columns(
    RULES.map(({ id, paper }) => [styleText('bold', id), paper ? `${paper.authors} ${paper.year}` : '']),
  )
  const lines = RULES.flatMap((rule, i) => [
    heads[i]!,
    ...wrapText(`${rule.summary} (${describeSource(rule)}${beyondClasses(rule)})`, width - 2).map(
      (line) => `  ${line}`,
    ),
  ])
  return [...lines, '', `${named('rules', 'RULE')} shows the options, presets and figures of a rule.`]
}

/** What a rule learns where that is not one class alone. */
const beyondClasses = ({ targets = ['class'] }: AnyRule): string =>
  targets.join() === 'class' ? '' : `; learns ${targets.map((kind) => TARGET_WORDS[kind]).join(', ')}`

function describeRule(rule: AnyRule, width: number): string[] {
  const { title, summary, paper, training, targets = ['class'], reconstructed = [], figures = {} } = rule
  const arxiv = paper?.arxiv === undefined ? '' : `, https://arxiv.org/abs/${paper.arxiv}`
  const facts = [
    `${styleText('bold', title)}: ${summary}.`,
    ...(paper ? [`${paper.authors} ${paper.year}, "${paper.title}"${arxiv}`] : []),
    `Source: ${describeSource(rule)}.`,
    `Takes data with: ${targets.map((kind) => TARGET_WORDS[kind]).join(', ')}.`,
    ...(RULES.includes(rule) ? [`Equations, limits and figures: ${pageOf(rule)} in the repository.`] : []),
    `Trains ${plural(training.epochs, 'epoch')} in batches of ${training.batch} unless told otherwise.`,
  ]
  const sections = [
    ...facts.flatMap((fact) => wrapText(fact, width)),
    '',
    ...section(styleText('bold', RECONSTRUCTED), bulleted(reconstructed, width)),
    ...section(styleText('bold', 'Options (--set KEY=VALUE)'), describeOptions(rule, width)),
    ...section(styleText('bold', 'Presets (--preset NAME)'), definitions(describePresets(rule), width)),
    ...section(styleText('bold', 'Figures'), definitions(Object.entries(figures), width)),
  ]
  return sections.slice(0, -1)
}

/** The options of a rule, with what each is, takes and is unless told otherwise. */
export function describeOptions({ hyper }: AnyRule, width: number): string[] {
  const entries = optionTable(hyper).map((option): [string, string] => [
    `${option.name}=${showValue(option.fallback)}`,
    [option.description, `[${describeOption(option)}]`].filter(Boolean).join(' '),
  ])
  return definitions(entries, width)
}

/** Where people read about a rule of the registry. */
const pageOf = ({ id }: AnyRule): string => `docs/rules/${id}.md`

function describePresets({ presets }: AnyRule): [string, string][] {
  return Object.entries(presets).map(([name, { description, hyper, train }]) => {
    const settings = Object.entries({ ...train, ...hyper }).map(([key, value]) => `${key}=${showValue(value)}`)
    return [name, `${description} [${settings.join(' ')}]`]
  })
}

function toJson(rule: AnyRule): unknown {
  const { id, title, summary, paper, source, targets = ['class'], reconstructed, training, presets, figures } = rule
  const options = optionTable(rule.hyper).map(({ name, fallback, kind, onlyWith, description }) => {
    return { name, default: fallback, takes: describeKind(kind), onlyWith, description }
  })
  const page = RULES.includes(rule) ? pageOf(rule) : undefined
  return { id, title, summary, paper, page, source, targets, reconstructed, training, options, presets, figures }
}
