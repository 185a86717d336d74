import { type Option, showValue } from '../../../src/options/kinds.js'
import { parseValue, type Values } from '../../../src/options/values.js'
import { isPacked } from '../own/packed.js'
import { type Catalogue, ruleIn } from './catalogue.js'
import { type Experiment, FIRST, MOST_RIVALS } from './experiment.js'

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
  const data = words.get('data') ?? FIRST.data
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

/** The same experiment as a command. */
export function commandOf({ rule, preset, data, hyper, options }: Experiment): string {
  const flags = Object.entries(options).map(([name, value]) => `--${dashed(name)} ${showValue(value)}`)
  const sets = Object.entries(hyper).map(([name, value]) => `--set ${name}=${showValue(value)}`)
  const own = preset === undefined ? [] : [`--preset ${preset}`]
  return ['npx onward train', rule, `--data ${data}`, ...own, ...sets, ...flags].join(' ')
}

const dashed = (name: string): string =>
  name.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The same experiment as a program. */
export function programOf({ rule, preset, data, hyper, options }: Experiment): string {
  const given = [
    `rule: '${rule}'`,
    `data: '${data}'`,
    ...(preset === undefined ? [] : [`preset: '${preset}'`]),
    ...entry('hyper', hyper),
    ...entry('options', options),
  ]
  return `import { train } from 'onward/node'

for await (const event of train({ ${given.join(', ')} }))
  if (event.event === 'epoch') console.log(event.epoch, event.validation)
`
}

const entry = (name: string, values: Values): string[] =>
  Object.keys(values).length === 0 ? [] : [`${name}: ${literal(values)}`]

const literal = (values: Values): string =>
  `{ ${Object.entries(values)
    .map(([key, value]) => `${key}: ${JSON.stringify(value).replaceAll('"', "'").replaceAll(',', ', ')}`)
    .join(', ')} }`
