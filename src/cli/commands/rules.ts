import { describeKind, describeOption, type Option, optionTable, showValue } from '../../options/index.js'
import type { AnyRule } from '../../rules/contract.js'
import { findRule } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import { bulleted, columns, wrapText } from '../output/columns.js'
import { print } from '../output/print.js'
import { type Style, styleOf } from '../output/style.js'
import { describeSource, RECONSTRUCTED } from '../sources.js'
import { startedAs } from '../started-as.js'

/** `onward rules [RULE]`: one line each, or everything about one. */
export async function rulesCommand(id: string | undefined, { json }: { readonly json?: true }): Promise<void> {
  const style = styleOf(process.stdout)
  const rules = id === undefined ? RULES : [await findRule(id)]
  if (json) print(JSON.stringify(rules.map(toJson), undefined, 2))
  else if (id === undefined) print(...listRules(style))
  else print(...describeRule(rules[0]!, style))
}

function listRules(style: Style): string[] {
  const heads = columns(RULES.map(({ id, paper }) => [style.bold(id), paper ? `${paper.authors} ${paper.year}` : '']))
  const lines = RULES.flatMap((rule, i) => [
    heads[i]!,
    ...wrapText(`${rule.summary} (${describeSource(rule)})`, 76).map((line) => `  ${line}`),
  ])
  return [...lines, '', `${startedAs()} rules RULE shows the options, presets and figures of a rule.`]
}

function describeRule(rule: AnyRule, style: Style): string[] {
  const { paper, training } = rule
  const arxiv = paper?.arxiv === undefined ? '' : `, arXiv ${paper.arxiv}`
  return [
    `${style.bold(rule.title)}: ${rule.summary}.`,
    ...(paper ? [`${paper.authors} ${paper.year}, "${paper.title}"${arxiv}.`] : []),
    `Source: ${describeSource(rule)}.`,
    ...(rule.reconstructed ? [`${RECONSTRUCTED}:`, ...bulleted(rule.reconstructed, 100)] : []),
    `Trains ${training.epochs} epochs in batches of ${training.batch} unless told otherwise.`,
    '',
    style.bold('Options (--set KEY=VALUE)'),
    ...describeOptions(optionTable(rule.hyper), 100),
    '',
    style.bold('Presets (--preset NAME)'),
    ...describePresets(rule),
    ...(rule.figures ? ['', style.bold('Figures'), ...describeFigures(rule.figures)] : []),
  ]
}

const describeFigures = (figures: NonNullable<AnyRule['figures']>): string[] =>
  bulleted(
    Object.entries(figures).map(([name, meaning]) => `${name}: ${meaning}`),
    100,
  )

/** A line for each option and its description, broken to `width`. */
export function describeOptions(options: readonly Option[], width: number): string[] {
  const heads = options.map(({ name, fallback }) => `  ${name}=${showValue(fallback)}`)
  const indent = Math.min(34, Math.max(...heads.map(({ length }) => length)) + 2)
  return options.flatMap((option, i) => {
    const head = heads[i]!
    const text = wrapText([option.description, `[${describeOption(option)}]`].filter(Boolean).join(' '), width - indent)
    const lines = head.length + 2 <= indent ? [head.padEnd(indent) + text.shift()] : [head]
    return [...lines, ...text.map((line) => ' '.repeat(indent) + line)]
  })
}

function describePresets({ presets }: AnyRule): string[] {
  const entries = Object.entries(presets)
  if (entries.length === 0) return ['  none']
  return entries.flatMap(([name, { description, hyper, train }]) => {
    const settings = Object.entries({ ...train, ...hyper }).map(([key, value]) => `${key}=${showValue(value)}`)
    return [`  ${name}: ${description}`, ...wrapText(settings.join(' '), 94).map((line) => `      ${line}`)]
  })
}

function toJson(rule: AnyRule): unknown {
  const { id, title, summary, paper, source, reconstructed, training, presets, figures } = rule
  const options = optionTable(rule.hyper).map((option) => ({
    name: option.name,
    default: option.fallback,
    takes: describeKind(option.kind),
    ...(option.onlyWith && { onlyWith: option.onlyWith }),
    description: option.description,
  }))
  return { id, title, summary, paper, source, reconstructed, training, options, presets, figures }
}
