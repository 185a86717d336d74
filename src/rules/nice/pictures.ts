import { constant, grad, scan, type Tensor } from '../../graph/index.js'
import { rowByRow } from '../../nn/pictures.js'
import type { Picture, Task } from '../contract.js'
import { imageShape } from '../task.js'
import { type FlowState, flowOf } from './flow.js'
import type { NiceHyper } from './options.js'

/** Images in a row of samples, and rows. */
const SIDE = 10

/** Images that are painted in. */
const PAINTED = 8

/** Steps of the ascent; a picture costs as much as so many training steps on these few images. */
const STEPS = 600

/** The names of what is seen. */
const HALVES = ['upper', 'lower', 'left']

/** What is seen of an image, by row and column as parts of it in [0, 1). */
const SEEN: readonly ((row: number, column: number) => boolean)[] = [
  (row) => row < 0.5,
  (row) => row >= 0.5,
  (_, column) => column < 0.5,
]

export function picturesOf(task: Task, h: NiceHyper): Readonly<Record<string, Picture<FlowState>>> {
  const flow = flowOf(task, h)
  const images = (rows: Tensor): Tensor => rows.reshape([-1, ...task.input.shape])

  /**
   * The paper's inpainting: hidden pixels climb x <- x + a (d ln p / dx + e), e standard normal and a = 10 / (100 + i)
   * in step i, and stay in [0, 1]. Ours: they start from their means, and x counts in the state's units: a step that
   * suits a stroke would throw a quiet pixel from one end to the other. `seen`: 1 where a pixel is known, [1, D].
   */
  function painted(state: FlowState, rows: Tensor, seen: Tensor, noiseAt: () => Tensor): Tensor {
    const { centre, unit } = state
    const hidden = unit.mul(constant(1).sub(seen))
    const start = seen.equal(1).select(rows, centre)
    const { carried } = scan(STEPS, [start], ([x], index) => {
      const nats = flow.logLikelihood(state, flow.after(state, x!).at(-1)!)
      const [slope] = grad(nats.sum(), [x!])
      const size = constant(10).div(index.cast('float32').add(100))
      const step = slope!.mul(unit).add(noiseAt()).mul(size).mul(hidden)
      return { carried: [x!.add(step).maximum(0).minimum(1)] }
    })
    return carried[0]!
  }

  return {
    samples: {
      description: 'images drawn from the prior through the inverse',
      columns: SIDE,
      draw: (state, { random }) =>
        images(flow.inverse(state, flow.prior.sample(random, 'prior', [SIDE * SIDE, flow.size]))),
    },
    inpainting: {
      description: 'images; then half of each, and what the hidden half climbs to, by its likelihood',
      columns: 1 + 2 * SEEN.length,
      rowNames: 'images',
      columnNames: ['image', ...HALVES.flatMap((half) => [`${half} half`, 'painted in'])],
      draw(state, view) {
        const rows = flow.rows(view.x.slice(0, 0, Math.min(PAINTED, view.x.shape[0]!)), view.random)
        const [channels, height, width] = imageShape(task)
        const columns = SEEN.flatMap((isSeen, i) => {
          const mask = Array.from({ length: channels * height * width }, (_, n) => {
            const [row, column] = [Math.floor(n / width) % height, n % width]
            return Number(isSeen(row / height, column / width))
          })
          const seen = constant(mask, [1, mask.length])
          return [rows.mul(seen), painted(state, rows, seen, () => view.random.normal(`mask ${i}`, rows.shape))]
        })
        return images(rowByRow([rows, ...columns]))
      },
    },
  }
}
