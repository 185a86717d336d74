import { showValue } from '../../../src/options/kinds.js'
import { isGroup } from '../../../src/options/values.js'
import { type Experiment, grouped, OWN_DATA } from './experiment.js'

/** The same experiment as a command. Undefined where the data are somebody's own: only the page has them. */
export function commandOf({ rule, preset, data, hyper, options }: Experiment): string | undefined {
  if (data === OWN_DATA) return undefined
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${dashed(name)}`, showValue(value)])
  const sets = Object.entries(hyper).flatMap(([name, value]) => ['--set', `${name}=${showValue(value)}`])
  const own = preset === undefined ? [] : ['--preset', preset]
  return ['npx', 'onward', 'train', rule, '--data', data, ...own, ...sets, ...flags].map(word).join(' ')
}

const dashed = (name: string): string =>
  name.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** A word as a shell reads it: a link may hold anything, and is copied by people who trust the page. */
const word = (text: string): string => (/^[\w.,=:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** The same experiment as a program. Undefined where the data are somebody's own. */
export function programOf({ rule, preset, data, hyper, options }: Experiment): string | undefined {
  if (data === OWN_DATA) return undefined
  const some = (values: Experiment['hyper']) => (Object.keys(values).length === 0 ? undefined : grouped(values))
  const given = entries({ rule, data, preset, hyper: some(hyper), options: some(options) })
  return `import { train } from 'onward/node'

for await (const event of train({ ${given} }))
  if (event.event === 'epoch') console.log(event.epoch, event.validation)
`
}

const entries = (values: object): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key)}: ${literal(value)}`)
    .join(', ')

function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  return isGroup(value) ? `{ ${entries(value)} }` : JSON.stringify(value)
}
