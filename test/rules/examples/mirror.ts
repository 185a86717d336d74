// Steps between epochs, without data: noise goes up through the output weights, and the feedback learns from it to be
// their mirror. In the steps on data the error comes down through that feedback.
import { oneHot, sizeOf, softmax, type Tensor } from '../../../src/graph/index.js'
import { flat, normalWeights } from '../../../src/nn/index.js'
import { classesOf, defineRule, z } from '../../../src/rules/index.js'

type State = { hidden: Tensor; output: Tensor; feedback: Tensor }

const hyper = z.strictObject({ units: z.int().min(1).default(20), times: z.int().min(0).default(40) })

export const mirror = defineRule<z.infer<typeof hyper>, State>({
  id: 'mirror',
  hyper,
  locality: () => ({
    blocks: [
      { name: 'hidden', parameters: ['hidden'] },
      { name: 'output', parameters: ['output'] },
      { name: 'feedback', parameters: ['feedback'] },
    ],
    promise: { local: false, window: 1 },
  }),
  init: (random, task, { units }) => ({
    hidden: normalWeights(random, 'hidden', [sizeOf(task.input.shape), units], 'fan-in'),
    output: normalWeights(random, 'output', [units, classesOf(task)], 'fan-in'),
    feedback: normalWeights(random, 'feedback', [classesOf(task), units], 'fan-in'),
  }),
  between: (_, { times }) => [{ step: 'align', times }],
  steps: (task, { units }) => ({
    joint({ hidden, output, feedback }, { x, target }) {
      const h = flat(x).matmul(hidden).tanh()
      const error = softmax(h.matmul(output))
        .sub(oneHot(target, classesOf(task)))
        .mul(1 / task.batch)
      const below = error.matmul(feedback).mul(h.square().neg().add(1))
      return [
        {
          hidden: hidden.sub(flat(x).transpose().matmul(below).mul(0.2)),
          output: output.sub(h.transpose().matmul(error).mul(0.2)),
          feedback,
        },
        {},
      ]
    },
    align(state, { random }) {
      const noise = random.normal('activity', [64, units])
      const seen = noise
        .matmul(state.output)
        .transpose()
        .matmul(noise)
        .mul(1 / 64)
      return [{ ...state, feedback: state.feedback.mul(0.9).add(seen.mul(0.1)) }, {}]
    },
  }),
  predict: ({ hidden, output }, x) => ({ scores: flat(x).matmul(hidden).tanh().matmul(output) }),
})
