import { type Option, showValue } from '../../../src/options/kinds.js'
import { parseValue } from '../../../src/options/values.js'
import { isPacked } from '../own/packed.js'
import { type Catalogue, ruleIn } from './catalogue.js'
import { type Experiment, FIRST, MOST_RIVALS, OWN_DATA } from './experiment.js'

/** An experiment that an address says, and what of the address was left out, in sentences. */
export interface Addressed {
  readonly experiment: Experiment
  readonly problems: readonly string[]
}

const SET = 'set.'

/** The address of an experiment, without the `#`; empty for the first one. */
export function addressOf({ rule, preset, data, hyper, options, race, story, own }: Experiment): string {
  const words = new URLSearchParams()
  words.set('rule', rule)
  words.set('data', data)
  if (preset !== undefined) words.set('preset', preset)
  for (const [name, value] of Object.entries(hyper)) words.set(SET + name, showValue(value))
  for (const [name, value] of Object.entries(options)) words.set(name, showValue(value))
  if (race.length > 0) words.set('race', race.join(','))
  if (story) words.set('story', `${story.id}.${story.page + 1}`)
  if (own !== undefined) words.set('own', own)
  return words.toString().replaceAll('%2C', ',')
}

/** What an address says. What is wrong in it is left out and told; nothing in it is ever run. */
export function experimentAt(address: string, catalogue: Catalogue): Addressed {
  const words = new URLSearchParams(address.replace(/^#/, ''))
  const problems: string[] = []
  if ([...words].length === 0) return { experiment: FIRST, problems }
  const named = words.get('rule') ?? FIRST.rule
  const rule = ruleIn(catalogue, named)
  if (!rule) {
    problems.push(`The link names the rule "${named}", which is not here: this is ${FIRST.rule} instead.`)
    return { experiment: FIRST, problems }
  }
  const data = dataIn(words.get('data') ?? FIRST.data, catalogue, problems)
  const preset = presetIn(words.get('preset'), rule.presets, problems)
  const hyper: Record<string, unknown> = {}
  const options: Record<string, unknown> = {}
  for (const [word, text] of words) {
    if (RESERVED.includes(word)) continue
    const isRule = word.startsWith(SET)
    const table = isRule ? rule.options : catalogue.training
    const name = isRule ? word.slice(SET.length) : word
    const option = table.find((own) => own.name === name)
    if (option) read(option, text, isRule ? hyper : options, problems)
    else
      problems.push(`The link sets ${name}, which ${isRule ? rule.title : 'training'} does not have: it is left out.`)
  }
  const race = raceIn(words.get('race') ?? '', rule.id, catalogue, problems)
  const story = storyIn(words.get('story'))
  const own = ownIn(words.get('own'), problems)
  return {
    experiment: {
      ...{ rule: rule.id, data, hyper, options },
      ...(preset !== undefined && { preset }),
      race,
      ...(story && { story }),
      ...(own !== undefined && { own }),
    },
    problems,
  }
}

const RESERVED = ['rule', 'data', 'preset', 'race', 'story', 'own']

/** What a server offers is of the catalogue, too. */
function dataIn(name: string, catalogue: Catalogue, problems: string[]): string {
  if (name === OWN_DATA || catalogue.data.some((own) => own.name === name)) return name
  problems.push(`The link names the data "${name}", which are not known here: these are ${FIRST.data} instead.`)
  return FIRST.data
}

function presetIn(name: string | null, presets: object, problems: string[]): string | undefined {
  if (name === null || Object.hasOwn(presets, name)) return name ?? undefined
  problems.push(`The link names the preset "${name}", which this rule does not have: its defaults are taken.`)
  return undefined
}

/** The rivals, each once: every one of them takes a worker. */
function raceIn(text: string, own: string, catalogue: Catalogue, problems: string[]): string[] {
  const found = new Set<string>()
  for (const name of text.split(',').filter((name) => name !== '')) {
    const rule = ruleIn(catalogue, name)
    if (!rule) problems.push(`The link races "${name}", which is no rule here: it is left out.`)
    else if (rule.id !== own) found.add(rule.id)
  }
  if (found.size > MOST_RIVALS) problems.push(`The link races ${found.size} rules: the first ${MOST_RIVALS} are here.`)
  return [...found].slice(0, MOST_RIVALS)
}

function ownIn(text: string | null, problems: string[]): string | undefined {
  if (text === null || isPacked(text)) return text ?? undefined
  problems.push('The rule in the link is damaged or too long: it is left out.')
  return undefined
}

function storyIn(text: string | null): Experiment['story'] | undefined {
  const [, id, page] = /^([a-z-]+)\.(\d{1,2})$/.exec(text ?? '') ?? []
  return id === undefined ? undefined : { id, page: Math.max(0, Number(page) - 1) }
}

function read(option: Option, text: string, into: Record<string, unknown>, problems: string[]): void {
  try {
    into[option.name] = parseValue(option.kind, text, option.name)
  } catch (error) {
    problems.push(`${(error as Error).message} The link's value is left out.`)
  }
}
