// A learning rule of your own: every layer has a small softmax read-out of its own activity and learns from that alone.
// It is a value with a few pure functions; training, certificate, checkpoints and checks of its options follow.
// Run it with: npm run example
import { z } from 'zod'
import { sizeOf } from '../src/graph/index.js'
import { adam, affine, crossEntropy, type Dense, dense, flat, SCHEDULES } from '../src/nn/index.js'
import { train } from '../src/node.js'
import { certifyRule, classesOf, layerwise, type Rule, type Stack, taskFor } from '../src/rules/index.js'

type Hyper = { units: number[]; rate: number }
type Layer = { hidden: Dense; readout: Dense }

export const localReadouts: Rule<Hyper, Stack<Layer>> = {
  id: 'local-readouts',
  title: 'Local read-outs',
  summary: 'each layer learns to classify by itself',
  source: 'ours',
  hyper: z.strictObject({
    units: z.array(z.int().min(1)).default([200, 200]).describe('units of each layer'),
    rate: z.number().positive().default(0.002).describe('step size of Adam'),
  }),
  training: { epochs: 4, batch: 100 },
  presets: {},
  ...layerwise<Hyper, Layer>(({ task, hyper: { units, rate } }) => ({
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: dense(random, `${name}.hidden`, i === 0 ? sizeOf(task.input.shape) : units[i - 1]!, outputs, 'he'),
        readout: dense(random, `${name}.readout`, outputs, classesOf(task), 'fan-in'),
      }),
      forward: ({ hidden }, x) => affine(hidden, flat(x)).relu(),
      loss: ({ parameters, output, batch }) => crossEntropy(affine(parameters.readout, output), batch.target).mean(),
      scores: ({ readout }, output) => affine(readout, output),
    })),
    optimizer: adam(),
    rate: (progress) => SCHEDULES.linear(progress).mul(rate),
  })),
}

const task = taskFor({ input: { shape: [1, 28, 28], levels: 256 }, target: { kind: 'class', count: 10 } })
const certificate = certifyRule(localReadouts, task, localReadouts.hyper.parse({}))
console.log(`local: ${certificate.local}, windows: ${certificate.layers.map(({ window }) => window)}`)

for await (const event of train({ rule: localReadouts, data: 'glyphs', out: false }))
  if (event.event === 'epoch') console.log(`epoch ${event.epoch}: ${event.validationAccuracy} on validation images`)
  else if (event.event === 'done') console.log(`test accuracy ${event.testAccuracy}`, event.layers)
