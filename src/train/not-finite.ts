import type { z } from 'zod'
import { inEffect } from '../options/index.js'
import type { Block } from '../rules/contract.js'
import { placeOf } from '../rules/figures.js'
import type { RunResult } from '../runtime/index.js'
import { blockOf } from './roles.js'

/** No loss gets there but on its way out: Adam's steps are bounded, and a network may stay finite in its ruin. */
const LARGEST = 1e12

/** A tensor or a figure, and the place of its block; blocks come before the network. */
interface Broken {
  readonly name: string
  readonly place: number
}

/** What a call left that is no finite number, or measured beyond all bounds, in words; undefined where all is well. */
export function notFinite(
  { notFinite: state, metrics }: Pick<RunResult, 'notFinite' | 'metrics'>,
  blocks: readonly Block[],
): string | undefined {
  const measured = (bound: number): Broken[] =>
    Object.entries(metrics)
      .filter(([, values]) => values.some((value) => !(Math.abs(value) <= bound)))
      .map(([name]) => {
        const { block, figure } = placeOf(name)
        return { name: figure, place: placed(blocks.findIndex((own) => own.name === block)) }
      })
  const broken = [
    ...state.map((name) => ({ name, place: placed(blockOf(blocks, name)) })),
    ...measured(Number.MAX_VALUE),
  ]
  const all = broken.length > 0 ? broken : measured(LARGEST)
  if (all.length === 0) return undefined
  const lowest = Math.min(...all.map(({ place }) => place))
  const own = all.filter(({ place }) => place === lowest).map(({ name }) => name)
  const first = blocks[lowest] ? `${blocks[lowest].name}: ` : ''
  const [more, elsewhere] = [own.length - 3, all.length - own.length]
  const rest = `${more > 0 ? ` and ${more} more` : ''}${elsewhere > 0 ? `, and ${elsewhere} elsewhere,` : ''}`
  const what = broken.length > 0 ? 'stopped being finite numbers' : `grew beyond ${LARGEST.toExponential(0)}`
  return `${first}${own.slice(0, 3).join(', ')}${rest} ${what}`
}

/** What belongs to no block comes last. */
const placed = (index: number): number => (index < 0 ? Number.POSITIVE_INFINITY : index)

/** What to do about it, in view of the rates and step sizes that count with these settings of a rule's options. */
export function adviceOn(schema: z.ZodType, hyper: Readonly<Record<string, unknown>>): string {
  const counting = inEffect(schema, hyper)
  const isRate = (value: unknown): boolean => [value].flat().every((one) => typeof one === 'number')
  const rates = Object.entries(hyper).filter(
    ([name, value]) => /(rates?|stepSize)$/i.test(name) && counting.includes(name) && isRate(value),
  )
  const now = rates.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')
  return now === '' ? 'train anew with smaller steps' : `train anew, with a smaller rate than ${now}`
}
