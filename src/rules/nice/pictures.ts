import type { Tensor } from '../../graph/index.js'
import type { Picture, Task, View } from '../contract.js'
import { type FlowState, flowOf } from './flow.js'
import type { NiceHyper } from './options.js'

/** Images in a row of samples, and rows. */
const SIDE = 10

/** Images that are painted in. */

/** Steps of the ascent. */

/** Which pixels are seen, by row and column as parts of the image in [0, 1). */
export const SEEN: Readonly<Record<string, (row: number, column: number) => boolean>> = {
  'the upper half': (row) => row < 0.5,
  'the lower half': (row) => row >= 0.5,
  'the left half': (_, column) => column < 0.5,
}

export function picturesOf(task: Task, h: NiceHyper): Readonly<Record<string, Picture<FlowState>>> {
  const flow = flowOf(task, h)
  const images = (rows: Tensor): Tensor => rows.reshape([-1, ...task.input.shape])
  const sampled = (state: FlowState, { random }: Pick<View, 'random'>, temperature: number): Tensor =>
    images(flow.inverse(state, flow.prior.sample(random, 'prior', [SIDE * SIDE, flow.size]).mul(temperature)))
  return {
    samples: {
      description: 'images drawn from the prior through the inverse',
      columns: SIDE,
      draw: (state, view) => sampled(state, view, 1),
    },
    typical: {
      description: 'the same with latent coordinates at 0.6 of their size: fewer kinds of images, with less noise',
      columns: SIDE,
      draw: (state, view) => sampled(state, view, 0.6),
    },
  }
}
