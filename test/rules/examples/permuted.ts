// Structure that is drawn on the host: the layer reads its inputs in a random order, which is part of the network.
import { permutation } from '../../../src/data/index.js'
import { constant, grad, sizeOf, type Tensor } from '../../../src/graph/index.js'
import { affine, type Dense, dense, flat } from '../../../src/nn/index.js'
import { defineRule, outputCount, type Task, targetKind, z } from '../../../src/rules/index.js'

function scores(layer: Dense, x: Tensor, task: Task): Tensor {
  const order = permutation(sizeOf(task.input.shape), task.structure('order'))
  return affine(
    layer,
    flat(x)
      .transpose()
      .gather(constant(order, [order.length], 'int32'))
      .transpose(),
  )
}

export const permuted = defineRule<object, { layer: Dense }>({
  id: 'permuted',
  hyper: z.strictObject({}),
  locality: () => ({
    blocks: [{ name: 'layer', parameters: ['layer'] }],
    promise: { local: true, window: 1 },
  }),
  init: (random, task) => ({
    layer: dense(random, 'layer', sizeOf(task.input.shape), outputCount(task.target), 'fan-in'),
  }),
  steps: (task) => ({
    joint({ layer: { weight, bias } }, { x, target }) {
      const loss = targetKind(task.target)
        .loss(scores({ weight, bias }, x, task), target)
        .mean()
      const [dw, db] = grad(loss, [weight, bias])
      return [{ layer: { weight: weight.sub(dw!.mul(0.1)), bias: bias.sub(db!.mul(0.1)) } }, { network: { loss } }]
    },
  }),
  predict: ({ layer }, x, task) => ({ scores: scores(layer, x, task) }),
})
