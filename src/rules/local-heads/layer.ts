import { gelu, logSoftmax, type Tensor } from '../../graph/index.js'
import { batchNormalized, type Statistics, statistics } from '../../nn/batch-norm.js'
import { dirac } from '../../nn/convolution.js'
import { zeros } from '../../nn/initialize.js'
import { accuracy, crossEntropy } from '../../nn/losses.js'
import { hiddenLayers } from '../../nn/network.js'
import { stepSize } from '../../nn/optimizers.js'
import { type InputScale, inputScale, prepared, whitenedShape } from '../../nn/whitening.js'
import type { Task } from '../contract.js'
import type { LocalLayer } from '../layerwise/design.js'
import { classesOf, imageShape } from '../task.js'
import { type Head, type HeadWeights, headOf, similarityLoss } from './head.js'
import type { LocalHeadsHyper } from './options.js'

export type Weights = { readonly weight: Tensor; readonly bias: Tensor; readonly head: HeadWeights }

export type Running = { readonly norm: Statistics; readonly head?: Statistics; readonly input?: InputScale }

type Made = { output: Tensor; running: Running; logits?: Tensor; features?: Tensor }

export type HeadedLayer = LocalLayer<Weights, Running, unknown, Made>

const ACTIVATIONS = {
  gelu,
  relu: (x: Tensor): Tensor => x.relu(),
  'leaky-relu': (x: Tensor): Tensor => x.maximum(x.mul(0.01)),
} as const

/** The layers of a network, from below. */
export function layersOf(task: Task, h: LocalHeadsHyper): HeadedLayer[] {
  const classes = classesOf(task)
  const convolutional = h.network === 'convolutional'
  const read = convolutional && h.whiten ? whitenedShape(imageShape(task)) : task.input.shape
  return hiddenLayers(h, read).map((layer, i): HeadedLayer => {
    const units = h.units[i]!
    const head = headOf(layer.outputShape, classes, h, task.precision)
    const hasLoss = h.heads === 'each' || i === h.units.length - 1
    const until = h.until[i] ?? 1
    return {
      init(random, name) {
        const { weight } = layer.init(random, name, 'he')
        return {
          weight: convolutional ? dirac(weight) : weight,
          bias: zeros([units]),
          head: head.init(random, `${name}.head`),
        }
      },
      running:
        i === 0 && convolutional
          ? ({ x }) => ({ ...statisticsOf(units, head), input: inputScale(x, h.whiten) })
          : statisticsOf(units, head),
      ownAlone: ['head'],
      forward({ weight, bias, head: weights }, x, { training, learns, running, random }) {
        const u = layer.pooledLinear(weight, running.input ? prepared(x, running.input) : x, task.precision)
        const normal = batchNormalized(u, { running: running.norm, training }, { momentum: h.momentumOfNorm })
        const y = ACTIVATIONS[h.activation](normal.output.add(layer.offset(bias)))
        // A head that learns nothing in this step is not run.
        const runs = hasLoss && (learns || !training)
        const said = runs ? head.say(weights, y, { running: running.head, training, learns }) : undefined
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
      ...(until < 1 && { rate: (progress: Tensor) => stepSize(h, progress.div(until).minimum(1)) }),
    }
  })
}

const statisticsOf = (units: number, head: Head) => ({
  norm: statistics(units),
  ...(head.running && { head: head.running }),
})

/** Each output is 0 with probability `part`; the others grow, so that the mean stays. */
const dropped = (y: Tensor, part: number, uniform: Tensor): Tensor =>
  y.mul(uniform.greaterEqual(part).cast('float32')).div(1 - part)
