// An inner loop: predictive coding. Every layer predicts the one above it; the activities of the hidden layers first
// settle by descending the sum of all squared errors, and then each layer's weights learn from the error above alone.
// The gradient within the loop is `grad`, too. Run it with: npm run example 03
import { argmax, grad, oneHot, scan, sizeOf, type Tensor } from '../src/graph/index.js'
import { adam, affine, type Dense, dense, flat, leaves, SCHEDULES, squaredError, type Tree } from '../src/nn/index.js'
import { train } from '../src/node.js'
import { certifyRule, classesOf, defineRule, z } from '../src/rules/index.js'

const hyper = z.strictObject({
  units: z.array(z.int().min(1)).default([200, 200]).describe('units of each hidden layer'),
  rate: z.number().positive().default(0.005).describe('step size of Adam'),
  turns: z.int().min(1).default(10).describe('of the loop in which the activities settle'),
  step: z.number().positive().default(0.03).describe('of the activities in each turn'),
})

/** What layer i predicts of layer i + 1; the lowest reads the input, and the hidden layers are tanh units. */
const predictionOf = ({ weight, bias }: Dense, i: number, below: Tensor): Tensor =>
  affine({ weight, bias }, i === 0 ? below : below.tanh())

export const predictiveCoding = defineRule<z.infer<typeof hyper>, { layers: readonly Dense[]; optimizer: Tree }>({
  id: 'small-predictive-coding',
  hyper,
  training: { epochs: 5, batch: 100 },
  locality: (_, { units }) => ({
    blocks: [...units, 0].map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })),
    promise: { local: false, window: 1 },
  }),
  init(random, task, { units }) {
    const sizes = [sizeOf(task.input.shape), ...units, classesOf(task)]
    const layers = sizes.slice(1).map((size, i) => dense(random, `layers.${i}`, sizes[i]!, size, 'glorot'))
    return { layers, optimizer: adam().init(layers) }
  },
  steps: (task, { rate, turns, step }) => ({
    joint({ layers, optimizer }, { x, target, progress }) {
      const wished = oneHot(target, classesOf(task))
      const errors = (hidden: readonly Tensor[]): Tensor[] =>
        layers.map((layer, i) => {
          const prediction = predictionOf(layer, i, i === 0 ? flat(x) : hidden[i - 1]!)
          return squaredError(hidden[i] ?? wished, prediction).mul(0.5)
        })
      const sum = (list: readonly Tensor[]): Tensor => list.reduce((a, b) => a.add(b)).sum()
      const first = upwards(layers, flat(x)).map((y) => y.stopGradient())
      const settled = scan(turns, first.slice(0, -1), (hidden) => {
        const slopes = grad(sum(errors(hidden)), hidden)
        return { carried: hidden.map((own, i) => own.sub(slopes[i]!.mul(step))) }
      }).carried.map((own) => own.stopGradient())

      const own = errors(settled).map((each) => each.mean())
      const parameters = leaves(layers).map(([, p]) => p)
      const speed = SCHEDULES.linear(progress).mul(rate)
      const [next, state] = adam().update(layers, grad(sum(own), parameters), optimizer, speed)
      const right = argmax(first.at(-1)!).equal(target).cast('float32').mean()
      const blocks = Object.fromEntries(own.map((error, i) => [`layer ${i}`, { error }]))
      return [
        { layers: next, optimizer: state },
        { network: { accuracy: right }, blocks },
      ]
    },
  }),
  predict: ({ layers }, x) => ({ scores: upwards(layers, flat(x)).at(-1)! }),
})

/** What each layer says if every one below is as it was predicted. */
function upwards(layers: readonly Dense[], x: Tensor): Tensor[] {
  const all: Tensor[] = []
  for (const [i, layer] of layers.entries()) all.push(predictionOf(layer, i, all.at(-1) ?? x))
  return all
}

const { local, layers } = certifyRule(predictiveCoding, 'glyphs')
console.log(`local: ${local}, windows: ${layers.map(({ window }) => window)}`)
for await (const event of train({ rule: predictiveCoding, data: 'glyphs', out: false }))
  if (event.event === 'done') console.log(`test accuracy ${event.test.network!.accuracy}`)
