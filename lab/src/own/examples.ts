/** Rules to begin with. */
export interface Example {
  readonly name: string
  readonly about: string
  readonly text: string
}

const LOCAL = `import { sizeOf } from 'onward/graph'
import { adam, affine, crossEntropy, dense, flat, SCHEDULES } from 'onward/nn'
import { classesOf, defineRule, layerwise, z } from 'onward/rules'

// Every layer has a small softmax read-out of its own activity and learns from that alone.
export default defineRule({
  id: 'local-readouts',
  hyper: z.strictObject({
    units: z.array(z.int().min(1)).default([200, 200]).describe('units of each layer'),
    rate: z.number().positive().default(0.002).describe('step size of Adam'),
  }),
  training: { epochs: 4, batch: 100 },
  ...layerwise(({ task, hyper: { units, rate } }) => ({
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: dense(random, \`\${name}.hidden\`, units[i - 1] ?? sizeOf(task.input.shape), outputs, 'he'),
        readout: dense(random, \`\${name}.readout\`, outputs, classesOf(task), 'fan-in'),
      }),
      forward: ({ hidden }, x) => affine(hidden, flat(x)).relu(),
      loss: ({ parameters, output, batch }) => crossEntropy(affine(parameters.readout, output), batch.target).mean(),
      scores: ({ readout }, output) => affine(readout, output),
    })),
    optimizer: adam(),
    rate: (progress) => SCHEDULES.linear(progress).mul(rate),
  })),
})
`

const SMUGGLER = `import { grad, oneHot, softmax } from 'onward/graph'
import { adam, affine, crossEntropy, dense, flat, leaves, SCHEDULES } from 'onward/nn'
import { classesOf, defineRule, z } from 'onward/rules'

// It looks local: every layer takes the derivative of a loss of its own, and nothing else. But the loss of the
// hidden layer is how far it is from a target, and the target was made with the output's weights, behind a
// stopGradient, where no derivative goes. That is backpropagation's error, told in another way.
export default defineRule({
  id: 'smuggler',
  hyper: z.strictObject({ units: z.int().min(1).default(200), rate: z.number().positive().default(0.003) }),
  training: { epochs: 4, batch: 100 },
  locality: () => ({
    blocks: ['hidden', 'output'].map((name) => ({ name, parameters: [name] })),
    promise: { local: true, window: 1 },
  }),
  init: (random, task, { units }) => {
    const hidden = dense(random, 'hidden', task.input.shape.reduce((a, b) => a * b), units, 'he')
    const output = dense(random, 'output', units, classesOf(task), 'fan-in')
    return { hidden, output, optimizer: adam().init({ hidden, output }) }
  },
  steps: (task, { rate }) => ({
    joint: ({ hidden, output, optimizer }, { x, target, progress }) => {
      const h = affine(hidden, flat(x)).relu()
      const scores = affine(output, h.stopGradient())
      const error = softmax(scores).sub(oneHot(target, classesOf(task)))
      const wish = h.sub(error.matmul(output.weight, { transposeB: true })).stopGradient()
      const own = h.sub(wish).square().sum(1).mean().mul(0.5)
      const loss = crossEntropy(scores, target).mean()
      const learned = { hidden, output }
      const slopes = grad(own.add(loss), leaves(learned).map(([, p]) => p))
      const [next, state] = adam().update(learned, slopes, optimizer, SCHEDULES.linear(progress).mul(rate))
      return [{ ...next, optimizer: state }, { network: { loss }, blocks: { hidden: { loss: own } } }]
    },
  }),
  predict: ({ hidden, output }, x) => ({ scores: affine(output, affine(hidden, flat(x)).relu()) }),
})
`

export const ATTACK: Example = { name: 'An attack', about: 'it looks local, and is not', text: SMUGGLER }

export const EXAMPLES: readonly Example[] = [
  { name: 'Local read-outs', about: 'a whole rule in 25 lines', text: LOCAL },
  ATTACK,
]
