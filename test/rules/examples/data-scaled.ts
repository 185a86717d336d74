// A start that depends on data: inputs are centred and scaled by what the first batch shows of them.
import { grad, sizeOf, type Tensor } from '../../../src/graph/index.js'
import { affine, type Dense, dense, flat } from '../../../src/nn/index.js'
import { defineRule, outputCount, targetKind, z } from '../../../src/rules/index.js'

type State = { mean: Tensor; deviation: Tensor; layer: Dense }

const scores = ({ mean, deviation, layer }: State, x: Tensor): Tensor => affine(layer, flat(x).sub(mean).div(deviation))

export const dataScaled = defineRule<object, State>({
  id: 'data-scaled',
  hyper: z.strictObject({}),
  locality: () => ({
    blocks: [{ name: 'layer', parameters: ['layer'] }],
    statistics: ['mean', 'deviation'],
    promise: { local: true, window: 1 },
  }),
  init(random, task, _, { x }) {
    const rows = flat(x)
    const mean = rows.mean(0)
    const deviation = rows.sub(mean).square().mean(0).sqrt().add(0.01)
    const layer = dense(random, 'layer', sizeOf(task.input.shape), outputCount(task.target), 'fan-in')
    return { mean, deviation, layer }
  },
  steps: (task) => ({
    joint(state, { x, target }) {
      const loss = targetKind(task.target).loss(scores(state, x), target).mean()
      const { weight, bias } = state.layer
      const [dw, db] = grad(loss, [weight, bias])
      const layer = { weight: weight.sub(dw!.mul(0.1)), bias: bias.sub(db!.mul(0.1)) }
      return [{ ...state, layer }, { network: { loss } }]
    },
  }),
  predict: (state, x) => ({ scores: scores(state, x) }),
})
