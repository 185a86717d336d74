// Equal layers in one tensor: all of them learn in one batched product a matrix, each from a read-out of its own.
import { concat, grad, logSoftmax, oneHot, scan, sizeOf, type Tensor } from '../../../src/graph/index.js'
import { flat } from '../../../src/nn/index.js'
import { classesOf, defineRule, z } from '../../../src/rules/index.js'

/** [L, D, D] and [L, D, K]. */
type State = { hidden: Tensor; readout: Tensor }

const hyper = z.strictObject({ layers: z.int().min(1).default(16) })

/** What each layer reads, [L, N, D]: the input, and the outputs of the layers below. */
function inputsOf({ hidden }: State, x: Tensor, layers: number): Tensor {
  const { outputs } = scan(layers, [flat(x)], ([y], i) => {
    const next = y!.matmul(hidden.gather(i)).tanh()
    return { carried: [next], outputs: [next] }
  })
  const first = flat(x).reshape([1, x.shape[0]!, -1])
  return concat([first, outputs[0]!.slice(0, 0, layers - 1)], 0).stopGradient()
}

/** [L, N, K]. */
const said = ({ hidden, readout }: State, inputs: Tensor): Tensor => inputs.matmul(hidden).tanh().matmul(readout)

export const stacked = defineRule<z.infer<typeof hyper>, State>({
  id: 'stacked',
  hyper,
  locality: () => ({
    blocks: [{ name: 'layers', parameters: ['hidden', 'readout'] }],
    promise: { local: true, window: 1 },
  }),
  init(random, task, { layers }) {
    const size = sizeOf(task.input.shape)
    return {
      hidden: random.normal('hidden', [layers, size, size]).mul(1 / Math.sqrt(size)),
      readout: random.normal('readout', [layers, size, classesOf(task)]).mul(1 / Math.sqrt(size)),
    }
  },
  steps: (task, { layers }) => ({
    joint(state, { x, target }) {
      const wanted = oneHot(target, classesOf(task))
      const loss = logSoftmax(said(state, inputsOf(state, x, layers)))
        .mul(wanted)
        .sum(-1)
        .mean(1)
        .sum()
        .neg()
      const [dh, dr] = grad(loss, [state.hidden, state.readout])
      const next = { hidden: state.hidden.sub(dh!.mul(0.3)), readout: state.readout.sub(dr!.mul(0.3)) }
      return [next, { network: { loss } }]
    },
  }),
  predict: (state, x, _, { layers }) => ({ scores: said(state, inputsOf(state, x, layers)).mean(0) }),
})
