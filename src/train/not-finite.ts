import type { Done } from './pipeline.js'

/** No loss gets there but on its way out: Adam's steps are bounded, and a network may stay finite in its ruin. */
const LARGEST = 1e12

/** What a call left that is no finite number, or measured beyond all bounds, in words; undefined where all is well. */
export function notFinite({ notFinite: state, metrics }: Done): string | undefined {
  const measured = (bound: number): string[] =>
    Object.keys(metrics).filter((name) => metrics[name]!.some((value) => !(Math.abs(value) <= bound)))
  const broken = [...new Set([...state, ...measured(Number.MAX_VALUE)])]
  const names = broken.length > 0 ? broken : measured(LARGEST)
  if (names.length === 0) return undefined
  const layerOf = (name: string): number =>
    Number(name.match(/^(?:layer |\w+\.)(\d+)/)?.[1] ?? Number.POSITIVE_INFINITY)
  const lowest = Math.min(...names.map(layerOf))
  const own = names.filter((name) => layerOf(name) === lowest)
  const first = Number.isFinite(lowest) ? `layer ${lowest}: ` : ''
  const [more, elsewhere] = [own.length - 3, names.length - own.length]
  const rest = `${more > 0 ? ` and ${more} more` : ''}${elsewhere > 0 ? `, and ${elsewhere} elsewhere,` : ''}`
  const what = broken.length > 0 ? 'stopped being finite numbers' : `grew beyond ${LARGEST.toExponential(0)}`
  return `${first}${own.slice(0, 3).join(', ')}${rest} ${what}`
}

/** What to do about it, in view of the rates that were set. */
export function adviceOn(hyper: Readonly<Record<string, unknown>>): string {
  const isRate = (value: unknown): boolean => [value].flat().every((one) => typeof one === 'number')
  const rates = Object.entries(hyper).filter(([name, value]) => /rates?$/i.test(name) && isRate(value))
  const now = rates.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')
  return now === '' ? 'train anew with smaller steps' : `train anew, with a smaller rate than ${now}`
}
