import { showValue } from '../options/index.js'
import type { Contender } from './contender.js'
import type { Sharing } from './weights.js'

/** What differs between the arms besides their rules, in sentences. */
export function differences(contenders: readonly Contender[], sharing: readonly Sharing[] | undefined): string[] {
  const layers = ({ settings: { hyper } }: Contender): string =>
    ['network', 'units', 'kernel', 'kernels', 'channels', 'poolAfter', 'depth', 'width']
      .filter((key) => key in hyper && !(key === 'kernel' && hyper.network === 'dense'))
      .filter((key) => !(key === 'poolAfter' && hyper.network === 'dense'))
      .map((key) => `${key}=${showValue(hyper[key])}`)
      .join(' ')
  const number = (value: number): string => value.toLocaleString('en-US')
  return [
    ...varying('layers', contenders, (own) => layers(own).replace(/^network=dense /, '') || 'as the rule has them'),
    ...varying('parameters', contenders, ({ parameters }) => number(parameters)),
    ...varying('images a step', contenders, ({ settings }) => number(settings.options.batch)),
    ...varying('epochs', contenders, ({ settings, phases }) => {
      const { epochs } = settings.options
      return phases === 1 ? number(epochs) : `${number(epochs)} for each of ${phases} layers`
    }),
    ...varying('images seen', contenders, ({ settings, phases, samplesPerEpoch }) =>
      number(settings.options.epochs * phases * samplesPerEpoch),
    ),
    ...varying('augmentation', contenders, ({ settings }) => JSON.stringify(settings.options.augment)),
    ...(sharing ? sharing.map((own, i) => weightsOf(contenders, own, i)).filter((line) => line !== '') : []),
    ...(sharing ? [] : ['First weights: each arm its own.']),
  ]
}

/** One sentence that lists the values with the arms that have them; none where all have the same. */
function varying(what: string, contenders: readonly Contender[], say: (own: Contender) => string): string[] {
  const groups = new Map<string, string[]>()
  for (const own of contenders) groups.set(say(own), [...(groups.get(say(own)) ?? []), own.name])
  if (groups.size < 2) return []
  const parts = [...groups].map(([value, names]) => `${value} (${names.join(', ')})`)
  return [`Other ${what}: ${parts.join('; ')}.`]
}

const NAMED = 4

function weightsOf(contenders: readonly Contender[], { borrowed, own }: Sharing, place: number): string {
  const { name } = contenders[place]!
  if (place === 0) return ''
  if (borrowed.length === 0) return `First weights of ${name}: its own.`
  const shared = borrowed.map(({ from, tensors }) => `${tensors.length} tensors of ${contenders[from]!.name}`)
  const names = own.slice(0, NAMED).map((tensor) => tensor.name)
  const more = own.length > NAMED ? ` and ${own.length - NAMED} more` : ''
  const rest = own.length === 0 ? '' : `; its own: ${names.join(', ')}${more}`
  return `First weights of ${name}: ${shared.join(', ')}${rest}.`
}
