/**
 * Backpropagation: Rumelhart, Hinton, Williams 1986. The yardstick: the same networks, loop and data order as the local
 * rules, and one gradient of one loss through all layers. Its certificate must say that it is not local.
 */

import { z } from 'zod'
import { argmax, grad, sizeOf, type Tensor } from '../graph/index.js'
import { flat } from '../nn/axes.js'
import { affine, type Dense, dense } from '../nn/dense.js'
import { FAN_RULES, type FanRule } from '../nn/initialize.js'
import { crossEntropy } from '../nn/losses.js'
import { hiddenLayers, networkOptions } from '../nn/network.js'
import { adam, type Optimizer, sgd } from '../nn/optimizers.js'
import { FILTER_SCALE, filterImages } from '../nn/pictures.js'
import { SCHEDULE_NAMES, SCHEDULES } from '../nn/schedules.js'
import { leaves, type Tree } from '../nn/tree.js'
import type { Rule, Task } from './contract.js'

const hyper = z.strictObject({
  ...networkOptions,
  network: networkOptions.network.default('dense'),
  units: networkOptions.units.default([500, 500]),
  kernel: networkOptions.kernel.default(3),
  poolAfter: networkOptions.poolAfter.default([]),
  optimizer: z.enum(['adam', 'sgd']).default('adam').describe('of all weights'),
  rate: z.number().positive().default(0.001).describe('step size'),
  momentum: z.number().min(0).max(1).default(0.9).describe('heavy-ball momentum of sgd'),
  weightDecay: z.number().min(0).default(0).describe('L2 with sgd, decoupled with adam'),
  schedule: z.enum(SCHEDULE_NAMES).default('linear').describe('of the step size'),
  initial: z
    .enum(Object.keys(FAN_RULES) as [FanRule, ...FanRule[]])
    .default('he')
    .describe('standard deviation of the initial weights'),
})

export type BackpropHyper = z.infer<typeof hyper>
export type BackpropState = { readonly layers: readonly Dense[]; readonly optimizer: Tree }

const optimizerOf = (h: BackpropHyper): Optimizer =>
  h.optimizer === 'adam' ? adam({ weightDecay: h.weightDecay }) : sgd(h)

function logits({ layers }: Pick<BackpropState, 'layers'>, x: Tensor, task: Task, h: BackpropHyper): Tensor {
  const activity = hiddenLayers(h, task.shape).reduce((below, layer, i) => {
    const { weight, bias } = layers[i]!
    return layer.pool(layer.linear(weight, below, task.precision).add(layer.offset(bias)).relu())
  }, x)
  return affine(layers.at(-1)!, flat(activity), task.precision)
}

export const backprop: Rule<BackpropHyper, BackpropState> = {
  id: 'backprop',
  title: 'Backpropagation',
  summary: 'one loss, one gradient through all layers: the yardstick, not local',
  paper: {
    authors: 'Rumelhart, Hinton, Williams',
    year: 1986,
    title: 'Learning representations by back-propagating errors',
  },
  source: 'paper',
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
  },

  locality: (_, h) => ({
    blocks: [
      ...h.units.map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })),
      { name: 'output', parameters: [`layers.${h.units.length}`] },
    ],
    promise: { local: false, window: 'all', labels: ['loss'] },
  }),

  init(random, task, h) {
    const hidden = hiddenLayers(h, task.shape)
    const layers = [
      ...hidden.map((layer, i) => layer.init(random, `layers.${i}`, h.initial)),
      dense(random, `layers.${hidden.length}`, sizeOf(hidden.at(-1)!.outputShape), task.classes, 'fan-in'),
    ]
    return { layers, optimizer: optimizerOf(h).init(layers) }
  },

  steps: (task, h) => ({
    joint({ layers, optimizer }, { x, labels, progress }) {
      const scores = logits({ layers }, x, task, h)
      const loss = crossEntropy(scores, labels).mean()
      const gradients = grad(
        loss,
        leaves(layers).map(([, p]) => p),
      )
      const rate = SCHEDULES[h.schedule](progress).mul(h.rate)
      const [next, state] = optimizerOf(h).update(layers, gradients, optimizer, rate)
      const accuracy = argmax(scores).equal(labels).cast('float32').mean()
      return [
        { layers: next, optimizer: state },
        { loss, accuracy },
      ]
    },
  }),

  pictures: ({ shape }) => ({
    filters: {
      description: `weights of the first layer: ${FILTER_SCALE}`,
      columns: 10,
      draw: ({ layers }) => filterImages(layers[0]!.weight, shape, 100),
    },
  }),

  probabilities: () => true,

  predict: (state, x, task, h) => ({ scores: logits(state, x, task, h), layers: {} }),
}
