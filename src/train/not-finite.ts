import type { Done } from './pipeline.js'

/** What a call left that is no finite number, in words; undefined where all is well. */
export function notFinite({ notFinite: state, metrics }: Done): string | undefined {
  const measured = Object.keys(metrics).filter((name) => metrics[name]!.some((value) => !Number.isFinite(value)))
  const names = [...state, ...measured.filter((name) => !state.includes(name))]
  if (names.length === 0) return undefined
  const layers = new Set(names.flatMap((name) => name.match(/^\w+\.(\d+)\./)?.[1] ?? []).map(Number))
  const first = layers.size === 0 ? '' : `layer ${Math.min(...layers)}: `
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${first}${names.slice(0, 3).join(', ')}${more} stopped being finite numbers`
}

/** What to do about it, in view of the rates that were set. */
export function adviceOn(hyper: Readonly<Record<string, unknown>>): string {
  const rates = Object.entries(hyper).filter(([name, value]) => /rate$/i.test(name) && typeof value === 'number')
  const now = rates.map(([name, value]) => `${name}=${value}`).join(', ')
  return now === '' ? 'train with smaller steps' : `train with a smaller rate than ${now}`
}
