import type { Tensor } from '../../graph/index.js'
import { stepSize } from '../../nn/optimizers.js'
import type { SpeedRunHyper } from './options.js'

type Freezing = Pick<SpeedRunHyper, 'until' | 'units'>

/** Steps by the layers that still learn in them. */
const stepName = (learning: readonly boolean[]): string => {
  const frozen = learning.flatMap((own, i) => (own ? [] : [i]))
  return frozen.length === 0 ? 'joint' : `without ${frozen.join(', ')}`
}

const learningAt = ({ until, units }: Freezing, progress: number): boolean[] =>
  units.map((_, i) => progress < (until[i] ?? 1))

/** The steps of a training in which layers stop learning, each by the layers that have a loss in it. */
export function stepsOf(h: Freezing): Record<string, (layer: number) => boolean> {
  const times = [0, ...new Set(h.until)].filter((time) => time < 1)
  return Object.fromEntries(
    times.map((time) => {
      const learning = learningAt(h, time)
      return [stepName(learning), (layer: number) => learning[layer]!]
    }),
  )
}

/** Why layers cannot learn one after the other where some stop early, for a design; nothing where none does. */
export const notGreedy = ({ until }: Freezing): { greedy?: string } =>
  until.some((part) => part < 1)
    ? {
        greedy: 'layers that stop early (until) are for joint training; set until= to let all of them learn to the end',
      }
    : {}

/** The step that runs at a part of the training that is done. */
export const stepAt = (h: Freezing, progress: number): readonly string[] => [stepName(learningAt(h, progress))]

/** The step size of a layer, which falls to its end when the layer stops learning. */
export function rateOf(h: SpeedRunHyper, layer: number): { rate?: (progress: Tensor) => Tensor } {
  const until = h.until[layer] ?? 1
  return until < 1 ? { rate: (progress) => stepSize(h, progress.div(until).minimum(1)) } : {}
}
