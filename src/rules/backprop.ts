/**
 * Backpropagation: Rumelhart, Hinton, Williams 1986. The yardstick: the same networks, loop and data order as the local
 * rules, and one gradient of one loss through all layers. Its certificate must say that it is not local.
 */

import { z } from 'zod'
import { outputCount } from '../data/dataset.js'
import { sizeOf, type Tensor } from '../graph/index.js'
import { flat } from '../nn/axes.js'
import { affine, type Dense, dense } from '../nn/dense.js'
import { fanRule, hiddenLayers, networkOptions } from '../nn/network.js'
import { descend, optimizerOf, optimizerOptions, stepSize } from '../nn/optimizers.js'
import { filters } from '../nn/pictures.js'
import type { Tree } from '../nn/tree.js'
import { targetKind } from '../targets/index.js'
import type { Rule, Task } from './contract.js'

const hyper = z.strictObject({
  ...networkOptions,
  network: networkOptions.network.default('dense'),
  units: networkOptions.units.default([500, 500]),
  kernel: networkOptions.kernel.default(3),
  poolAfter: networkOptions.poolAfter.default([]),
  ...optimizerOptions,
  rate: optimizerOptions.rate.default(0.001),
  initial: fanRule.default('he'),
})

export type BackpropHyper = z.infer<typeof hyper>
export type BackpropState = { readonly layers: readonly Dense[]; readonly optimizer: Tree }

function logits({ layers }: Pick<BackpropState, 'layers'>, x: Tensor, task: Task, h: BackpropHyper): Tensor {
  const activity = hiddenLayers(h, task.input.shape).reduce((below, layer, i) => {
    const { weight, bias } = layers[i]!
    return layer.pool(layer.linear(weight, below, task.precision).add(layer.offset(bias)).relu())
  }, x)
  return affine(layers.at(-1)!, flat(activity), task.precision)
}

export const backprop: Rule<BackpropHyper, BackpropState> = {
  id: 'backprop',
  short: ['bp', 'backpropagation'],
  title: 'Backpropagation',
  summary: 'one loss, one gradient through all layers: the yardstick, not local',
  paper: {
    authors: 'Rumelhart, Hinton, Williams',
    year: 1986,
    title: 'Learning representations by back-propagating errors',
  },
  source: 'paper',
  targets: ['class', 'labels', 'values'],
  hyper,
  training: { epochs: 8, batch: 100 },
  presets: {
    quick: { description: 'the defaults, 4 epochs', hyper: {}, train: { epochs: 4 } },
    fast: {
      description: "784-500-500, 8 epochs: the network of forward-forward's preset of that name",
      hyper: {},
      train: { epochs: 8, batch: 250 },
    },
    accurate: {
      description:
        "784-1000-1000, 16 epochs: the network of forward-forward's preset of that name; the rate by validation",
      hyper: { units: [1000, 1000], rate: 0.002 },
      train: { epochs: 16, batch: 250 },
    },
    convolutional: {
      description: "the network of forward-forward's preset of that name",
      hyper: { network: 'convolutional', units: [16, 32, 32], poolAfter: [0, 1] },
      train: { epochs: 5, batch: 100 },
    },
    table: {
      description: 'two layers of 100, for tables of numbers; the rate by validation',
      hyper: { units: [100, 100], rate: 0.003 },
      train: { epochs: 100, batch: 32 },
    },
  },

  locality: (_, h) => ({
    blocks: [
      ...h.units.map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })),
      { name: 'output', parameters: [`layers.${h.units.length}`] },
    ],
    promise: { local: false, window: 'all', labels: ['loss'] },
  }),

  init(random, task, h) {
    const hidden = hiddenLayers(h, task.input.shape)
    const layers = [
      ...hidden.map((layer, i) => layer.init(random, `layers.${i}`, h.initial)),
      dense(random, `layers.${hidden.length}`, sizeOf(hidden.at(-1)!.outputShape), outputCount(task.target), 'fan-in'),
    ]
    return { layers, optimizer: optimizerOf(h).init(layers) }
  },

  steps: (task, h) => ({
    joint({ layers, optimizer }, { x, target, progress }) {
      const scores = logits({ layers }, x, task, h)
      const said = targetKind(task.target)
      const loss = said.loss(scores, target).mean()
      const [next, state] = descend(optimizerOf(h), layers, loss, optimizer, stepSize(h, progress))
      return [{ layers: next, optimizer: state }, { network: { loss, ...said.metrics(scores, target) } }]
    },
  }),

  pictures: ({ input: { shape } }) => filters(shape, ({ layers }: BackpropState) => layers[0]!.weight),

  probabilities: () => true,

  predict: (state, x, task, h) => ({ scores: logits(state, x, task, h) }),
}
