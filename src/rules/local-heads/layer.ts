import { logSoftmax, type Tensor } from '../../graph/index.js'
import { batchNormalized, type Statistics, statistics } from '../../nn/batch-norm.js'
import { zeros } from '../../nn/initialize.js'
import { accuracy, crossEntropy } from '../../nn/losses.js'
import type { Task } from '../contract.js'
import type { LocalLayer } from '../layerwise/design.js'
import { rateOf } from '../speed-run/freezing.js'
import { ACTIVATIONS, type InputRunning, speedRunLayers } from '../speed-run/network.js'
import { classesOf } from '../task.js'
import { type Head, type HeadWeights, headOf, similarityLoss } from './head.js'
import type { LocalHeadsHyper } from './options.js'

export type Weights = { readonly weight: Tensor; readonly bias: Tensor; readonly head?: HeadWeights }

export type Running = InputRunning & { readonly norm: Statistics; readonly head?: Statistics }

type Made = { output: Tensor; running: Running; logits?: Tensor; features?: Tensor }

export type HeadedLayer = LocalLayer<Weights, Running, unknown, Made>

/** The layers of a network, from below. */
export function layersOf(task: Task, h: LocalHeadsHyper): HeadedLayer[] {
  const classes = classesOf(task)
  return speedRunLayers(task, h).map((layer, i): HeadedLayer => {
    const units = h.units[i]!
    const hasLoss = h.heads === 'each' || i === h.units.length - 1
    const head = hasLoss ? headOf(layer.outputShape, classes, h, task.precision) : undefined
    return {
      init: (random, name) => ({
        weight: layer.weight(random, name),
        bias: zeros([units]),
        ...(head && { head: head.init(random, `${name}.head`) }),
      }),
      running: i === 0 ? ({ x }) => ({ ...statisticsOf(units, head), ...layer.running(x) }) : statisticsOf(units, head),
      ownAlone: ['head'],
      forward({ weight, bias, head: weights }, x, { training, learns, running, random }) {
        const normal = batchNormalized(
          layer.product(weight, x, running),
          { running: running.norm, training },
          { momentum: h.momentumOfNorm },
        )
        const y = ACTIVATIONS[h.activation](normal.output.add(layer.offset(bias)))
        // A head that learns nothing in this step is not run.
        const said =
          learns || !training ? head?.say(weights!, y, { running: running.head, training, learns }) : undefined
        return {
          output: training && h.dropout > 0 ? dropped(y, h.dropout, random.uniform('dropout', y.shape)) : y,
          running: {
            ...running,
            norm: normal.running,
            ...(running.head && { head: said?.running ?? running.head }),
          },
          ...(said && { logits: said.logits, ...(said.features && { features: said.features }) }),
        }
      },
      ...(hasLoss && {
        loss: ({ made: { logits, features }, batch: { target } }) => {
          const said = crossEntropy(logits!, target, h.smoothing).mean()
          const loss = features
            ? said.mul(1 - h.similarity).add(similarityLoss(features, target, classes).mul(h.similarity))
            : said
          return { loss, metrics: { accuracy: accuracy(logits!, target) } }
        },
        scores: (_, __, { logits }) => logSoftmax(logits!),
      }),
      ...rateOf(h, i),
    }
  })
}

const statisticsOf = (units: number, head: Head | undefined) => ({
  norm: statistics(units),
  ...(head?.running && { head: head.running }),
})

/** Each output is 0 with probability `part`; the others grow, so that the mean stays. */
const dropped = (y: Tensor, part: number, uniform: Tensor): Tensor =>
  y.mul(uniform.greaterEqual(part).cast('float32')).div(1 - part)
