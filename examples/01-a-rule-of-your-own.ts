// A learning rule of your own: every layer has a small softmax read-out of its own activity and learns from that alone.
// It is a value with a few pure functions; training, certificate, checkpoints and checks of its options follow.
// Run it with: npm run example
import { sizeOf } from '../src/graph/index.js'
import { adam, affine, crossEntropy, type Dense, dense, flat, SCHEDULES } from '../src/nn/index.js'
import { train } from '../src/node.js'
import { certifyRule, classesOf, defineRule, layerwise, z } from '../src/rules/index.js'

const hyper = z.strictObject({
  units: z.array(z.int().min(1)).default([200, 200]).describe('units of each layer'),
  rate: z.number().positive().default(0.002).describe('step size of Adam'),
})
type Layer = { hidden: Dense; readout: Dense }

export const localReadouts = defineRule({
  id: 'local-readouts',
  hyper,
  training: { epochs: 4, batch: 100 },
  ...layerwise<z.infer<typeof hyper>, Layer>(({ task, hyper: { units, rate } }) => ({
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: dense(random, `${name}.hidden`, units[i - 1] ?? sizeOf(task.input.shape), outputs, 'he'),
        readout: dense(random, `${name}.readout`, outputs, classesOf(task), 'fan-in'),
      }),
      forward: ({ hidden }, x) => affine(hidden, flat(x)).relu(),
      loss: ({ parameters, output, batch }) => crossEntropy(affine(parameters.readout, output), batch.target).mean(),
      scores: ({ readout }, output) => affine(readout, output),
    })),
    optimizer: adam(),
    rate: (progress) => SCHEDULES.linear(progress).mul(rate),
  })),
})

const { local, layers } = certifyRule(localReadouts, 'glyphs')
console.log(`local: ${local}, windows: ${layers.map(({ window }) => window)}`)
for await (const event of train({ rule: localReadouts, data: 'glyphs', out: false }))
  if (event.event === 'epoch') console.log(`epoch ${event.epoch}:`, event.validation)
  else if (event.event === 'done') console.log(`test accuracy ${event.test.network!.accuracy}`, event.test.blocks)
