// A broadcast: the error of the output, as many numbers a sample as there are classes, goes straight to every layer by
// fixed random matrices (direct feedback alignment: Nokland 2016).
import { constant, oneHot, sizeOf, softmax, type Tensor } from '../../../src/graph/index.js'
import { flat, normalWeights } from '../../../src/nn/index.js'
import { classesOf, defineRule, type Task, z } from '../../../src/rules/index.js'

type State = { layers: readonly Tensor[] }

const hyper = z.strictObject({ units: z.array(z.int().min(1)).default([30, 30]), rate: z.number().default(0.3) })

/** The matrix that leads to hidden layer i, [K, D]: part of the network, drawn once and for all. */
function feedback(task: Task, i: number, units: number): Tensor {
  const numbers = new Float32Array(classesOf(task) * units)
  task.structure(`feedback ${i}`).normal(numbers)
  return constant(numbers, [classesOf(task), units]).mul(1 / Math.sqrt(classesOf(task)))
}

/** The input and the activity of every layer; the highest is linear. */
function upwards(layers: readonly Tensor[], x: Tensor): Tensor[] {
  const all = [flat(x)]
  for (const [i, weight] of layers.entries()) {
    const z = all.at(-1)!.matmul(weight)
    all.push(i === layers.length - 1 ? z : z.tanh())
  }
  return all
}

export const broadcast = defineRule<z.infer<typeof hyper>, State>({
  id: 'broadcast',
  hyper,
  locality: (_, { units }) => ({
    blocks: [...units, 0].map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })),
    promise: { local: false, window: 1 },
  }),
  init(random, task, { units }) {
    const sizes = [sizeOf(task.input.shape), ...units, classesOf(task)]
    return {
      layers: sizes.slice(1).map((size, i) => normalWeights(random, `layers.${i}`, [sizes[i]!, size], 'fan-in')),
    }
  },
  steps: (task, { units, rate }) => ({
    joint({ layers }, { x, target }) {
      const all = upwards(layers, x)
      const error = softmax(all.at(-1)!)
        .sub(oneHot(target, classesOf(task)))
        .mul(rate / task.batch)
      const next = layers.map((weight, i) => {
        const own = units[i] && error.matmul(feedback(task, i, units[i]!)).mul(all[i + 1]!.square().neg().add(1))
        return weight.sub(all[i]!.transpose().matmul(own || error))
      })
      return [{ layers: next }, {}]
    },
  }),
  predict: ({ layers }, x) => ({ scores: upwards(layers, x).at(-1)! }),
})
