import type { AnyRule, Task } from '../rules/contract.js'
import type { Settings } from './options.js'
import type { Measured } from './score.js'

/** The layer that a run trains alone, where those above it have learned nothing; undefined for a whole network. */
export const highestOf = (rule: AnyRule, task: Task, { hyper, options: { layer } }: Settings): number | undefined =>
  layer !== undefined && layer + 1 < rule.greedy!.layers(task, hyper) ? layer : undefined

/** The number of the layer that a figure belongs to; undefined where it is not one layer's. */
const layerOf = (name: string): number | undefined => {
  const [, number] = /^(?:layer|block) (\d+)/.exec(name) ?? []
  return number === undefined ? undefined : Number(number)
}

/** Of what images say of a network, that which has been learned: nothing of the whole if only a lower part learned. */
export function learnedPart(measured: Measured, rule: AnyRule, hyper: unknown, highest: number | undefined): Measured {
  if (highest === undefined) return measured
  const upTo = ([name]: readonly [string, number]): boolean => (layerOf(name) ?? Number.POSITIVE_INFINITY) <= highest
  // A layer that is judged by a figure says nothing of the classes before what lies above it has learned.
  const saysClasses = rule.greedy!.objective?.(highest, hyper) === undefined
  return {
    layers: saysClasses ? Object.fromEntries(Object.entries(measured.layers).filter(upTo)) : {},
    figures: Object.fromEntries(Object.entries(measured.figures).filter(upTo)),
  }
}
