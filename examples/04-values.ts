// A target that is no class: the layers of a small network each learn to say two numbers that depend on two others.
// The data set is made here; numbers go in and come out in their own units. Run it with: npm run example 04
import { sizeOf } from '../src/graph/index.js'
import { adam, affine, type Dense, dense, flat, SCHEDULES } from '../src/nn/index.js'
import { dataSet, type Split, train } from '../src/node.js'
import { defineRule, layerwise, outputCount, targetKind, z } from '../src/rules/index.js'

const hyper = z.strictObject({ units: z.array(z.int().min(1)).default([64, 64]).describe('units of each layer') })
type Layer = { hidden: Dense; readout: Dense }

export const localRegression = defineRule({
  id: 'local-regression',
  hyper,
  targets: ['class', 'labels', 'values'],
  training: { epochs: 20, batch: 50 },
  ...layerwise<z.infer<typeof hyper>, Layer>(({ task, hyper: { units } }) => ({
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: dense(random, `${name}.hidden`, units[i - 1] ?? sizeOf(task.input.shape), outputs, 'he'),
        readout: dense(random, `${name}.readout`, outputs, outputCount(task.target), 'fan-in'),
      }),
      forward: ({ hidden }, x) => affine(hidden, flat(x)).relu(),
      loss: ({ parameters: { readout }, output, batch }) =>
        targetKind(task.target).loss(affine(readout, output), batch.target).mean(),
      scores: ({ readout }, output) => affine(readout, output),
    })),
    prediction: { meanFrom: 0 },
    optimizer: adam(),
    rate: (progress) => SCHEDULES.linear(progress).mul(0.003),
  })),
})

/** How far something is thrown, in metres, and how long it flies, in seconds, by its speed and its angle. */
function thrown(count: number, first: number): Split {
  const inputs = new Float32Array(2 * count)
  const targets = new Float32Array(2 * count)
  for (let i = 0; i < count; i++) {
    // Two irrational steps spread the throws evenly; a third one stands for the wind.
    const [a, b, wind] = [0.618034, 0.754878, 0.56984].map((step) => ((first + i) * step) % 1) as [
      number,
      number,
      number,
    ]
    const [speed, angle] = [5 + 20 * a, 15 + 60 * b]
    const radians = (angle * Math.PI) / 180
    inputs.set([speed, angle], 2 * i)
    targets.set([(speed ** 2 * Math.sin(2 * radians)) / 9.81 + wind, (2 * speed * Math.sin(radians)) / 9.81], 2 * i)
  }
  return { inputs, targets, count }
}

const data = dataSet({
  name: 'thrown',
  input: { shape: [2] },
  target: { kind: 'values', count: 2 },
  names: ['distance', 'time'],
  train: thrown(4000, 0),
  test: thrown(1000, 4000),
})
for await (const event of train({ rule: localRegression, data, out: false }))
  if (event.event === 'epoch') console.log(`epoch ${event.epoch}:`, event.validation!.network)
  else if (event.event === 'done') console.log(`R2 ${event.test.network!.r2}`, event.test)
