import { UserError } from '../../errors.js'
import { constant, logSoftmax, type Tensor } from '../../graph/index.js'
import { batchNormalized, type Statistics, statistics } from '../../nn/batch-norm.js'
import { energiesOf } from '../../nn/energies.js'
import { zeros } from '../../nn/initialize.js'
import { instanceNorm } from '../../nn/layer-norm.js'
import { accuracy, crossEntropy } from '../../nn/losses.js'
import { rootMeanSquared } from '../../nn/normalize.js'
import type { Task } from '../contract.js'
import type { LocalLayer } from '../layerwise/design.js'
import { rateOf } from '../speed-run/freezing.js'
import { ACTIVATIONS, type InputRunning, speedRunLayers } from '../speed-run/network.js'
import { fixedNormals } from '../task.js'
import type { ChannelGoodnessHyper } from './options.js'
import { type ReadingWeights, readingOf, type Said } from './reading.js'

export type Weights = { readonly weight: Tensor; readonly bias: Tensor; readonly reading: ReadingWeights }

export type Running = InputRunning & {
  readonly norm?: Statistics
  /** The part of the training that was done when the layer last learned: in use its temperature is of then. */
  readonly progress: Tensor
}

/** What every layer is told of a batch. */
export interface Given {
  readonly progress: Tensor
}

type Made = { output: Tensor; running: Running; said?: Said }

/** What a layer hands up of its activities [N, C, H, W]. */
const HIDING = {
  instance: instanceNorm,
  sample: rootMeanSquared,
  none: (y: Tensor): Tensor => y,
} as const

/** The layers of a network, from below. Throws a UserError where a map has too few places to hide its energies in. */
export function layersOf(task: Task, h: ChannelGoodnessHyper): LocalLayer<Weights, Running, Given, Made>[] {
  return speedRunLayers(task, { ...h, network: 'convolutional', kernel: 3 }).map((layer, i, all) => {
    const [channels, rows, columns] = layer.outputShape as [number, number, number]
    if (h.hiding === 'instance' && rows * columns === 1 && i < all.length - 1)
      throw new UserError(
        `layer ${i} has maps of one place, of which the instance norm leaves nothing for the layer above: pool after ` +
          'fewer layers (poolAfter), or set hiding=sample',
      )
    const count = Math.round(channels * h.projections)
    const energies = energiesOf(
      { channels, side: Math.min(rows, columns) },
      { values: h.values, projections: count, space: h.space },
    )
    const projections =
      count > 0 ? fixedNormals(task, `projections ${i}`, [count, channels], 1 / Math.sqrt(channels)) : undefined
    const reading = readingOf(task, h, i, energies.size)
    const start = { ...(h.norm === 'batch' && { norm: statistics(channels) }), progress: constant(0) }
    return {
      init: (random, name) => ({
        weight: layer.weight(random, name),
        bias: zeros([channels]),
        reading: reading.init(random, `${name}.reading`),
      }),
      running: i === 0 ? ({ x }) => ({ ...start, ...layer.running(x) }) : start,
      forward({ weight, bias, reading: weights }, x, { training, learns, running, given }) {
        const u = layer.product(weight, x, running)
        const normal = running.norm
          ? batchNormalized(u, { running: running.norm, training }, { momentum: h.momentumOfNorm })
          : undefined
        const y = ACTIVATIONS[h.activation]((normal?.output ?? u).add(layer.offset(bias)))
        const progress = learns ? given.progress : running.progress
        return {
          output: HIDING[h.hiding](y),
          running: { ...running, ...(normal && { norm: normal.running }), progress },
          ...((learns || !training) && { said: reading.say(weights, energies.of(y, projections), progress) }),
        }
      },
      loss({ made: { said }, batch: { target } }) {
        const { logits, penalty } = said!
        const loss = crossEntropy(logits, target, h.smoothing).mean()
        return { loss: penalty ? loss.add(penalty) : loss, metrics: { accuracy: accuracy(logits, target) } }
      },
      scores: (_, __, { said }) => logSoftmax(said!.logits),
      ...rateOf(h, i),
    } satisfies LocalLayer<Weights, Running, Given, Made>
  })
}
