import { rules, type TrainEvent, train } from '../../src/index.js'
import { flatten } from '../../src/rules/figures.js'
import type { Platform } from '../../src/train/platform.js'
import { lines } from '../train/fixtures.js'

const HELD_OUT = 20

/** Sums in another order may turn the label of one image of those held out. */
export const toleranceOf = (name: string): number => (name === 'validation accuracy' ? 1.01 / HELD_OUT : 1e-3)

/** A small training by the library's index, wherever it runs: the figures of its last epoch. */
export async function lastEpoch(platform: Platform): Promise<Record<string, number>> {
  const rule = rules.RULES.find(({ id }) => id === 'forward-forward')!
  const hyper = { units: [12, 12], rate: 0.01 }
  const options = { epochs: 3, batch: 10, validation: HELD_OUT }
  let last: Extract<TrainEvent, { event: 'epoch' }> | undefined
  for await (const event of train({ rule, data: lines(), hyper, options, platform }))
    if (event.event === 'epoch') last = event
  const metrics = Object.fromEntries(flatten(last!.metrics))
  return { ...metrics, 'validation accuracy': last!.validation!.network!.accuracy! }
}
