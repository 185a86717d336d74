/** A rule in a file of its own, as somebody writes it: one layer that learns its own read-out. */
export const RULE_FILE = `
import { argmax, grad } from 'onward/graph'
import { adam, affine, crossEntropy, dense } from 'onward/nn'
import { z } from 'zod'

export default {
  id: 'one-layer',
  title: 'One layer',
  summary: 'a softmax on the pixels',
  source: 'ours',
  hyper: z.strictObject({
    rate: z.number().positive().default(0.01).describe('step size of Adam'),
    scale: z.number().default(1).describe('of the first weights'),
  }),
  training: { epochs: 2, batch: 20 },
  presets: { slow: { description: 'smaller steps', hyper: { rate: 0.001 } } },
  locality: () => ({ blocks: [{ name: 'layer 0', parameters: ['layer'] }], promise: { local: true, window: 1 } }),
  init(random, { input: { shape: [c, h, w] }, target }) {
    const layer = dense(random, 'layer', c * h * w, target.count, 'fan-in')
    return { layer, optimizer: adam().init(layer) }
  },
  steps: (task, { rate }) => ({
    joint({ layer, optimizer }, { x, target }) {
      const loss = crossEntropy(affine(layer, x.reshape([task.batch, -1])), target).mean()
      const [weight, bias] = grad(loss, [layer.weight, layer.bias])
      const [next, state] = adam().update(layer, [weight, bias], optimizer, loss.mul(0).add(rate).stopGradient())
      return [{ layer: next, optimizer: state }, { network: { loss } }]
    },
  }),
  predict: ({ layer }, x) => ({ scores: affine(layer, x.reshape([x.shape[0], -1])) }),
}
`
