import { showValue } from '../options/index.js'
import type { Contender } from './contender.js'
import type { Sharing } from './weights.js'

/** What differs between the arms besides their rules, in sentences. */
export function differences(contenders: readonly Contender[], sharing: readonly Sharing[] | undefined): string[] {
  const number = (value: number): string => value.toLocaleString('en-US')
  return [
    ...varying('layers', contenders, layersOf),
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

const LAYERS = ['network', 'channels', 'units', 'kernel', 'kernels', 'poolAfter', 'depth', 'width']

/** The options that say what layers a network has, but for those that dense ones do not have. */
function layersOf({ settings: { hyper } }: Contender): string {
  const isDense = hyper.network === 'dense' || (Array.isArray(hyper.channels) && hyper.channels.length === 0)
  const beside = isDense ? ['network', 'channels', 'kernel', 'kernels', 'poolAfter'] : []
  const keys = LAYERS.filter((key) => key in hyper && !beside.includes(key))
  return keys.map((key) => `${key}=${showValue(hyper[key])}`).join(' ') || 'as the rule has them'
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
  const shared = borrowed.map(
    ({ from, tensors }) =>
      `${tensors.length} ${tensors.length === 1 ? 'tensor' : 'tensors'} of ${contenders[from]!.name}`,
  )
  const names = own.slice(0, NAMED).map((tensor) => tensor.name)
  const more = own.length > NAMED ? ` and ${own.length - NAMED} more` : ''
  const rest = own.length === 0 ? '' : `; its own: ${names.join(', ')}${more}`
  return `First weights of ${name}: ${shared.join(', ')}${rest}.`
}
