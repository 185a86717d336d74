// Gradients that reach over two layers: each learns from its own read-out and from the one above, behind batch
// normalisation. Run it with: npm run example 02
import { sizeOf } from '../src/graph/index.js'
import * as nn from '../src/nn/index.js'
import { train } from '../src/node.js'
import { certifyRule, classesOf, defineRule, layerwise, z } from '../src/rules/index.js'

const hyper = z.strictObject({
  units: z.array(z.int().min(1)).default([200, 200, 200]).describe('units of each layer'),
})
type Layer = { hidden: nn.Dense; readout: nn.Dense }

export const windows = defineRule({
  id: 'windows',
  hyper,
  training: { epochs: 3, batch: 100 },
  ...layerwise<z.infer<typeof hyper>, Layer, nn.Statistics>(({ task, hyper: { units } }) => ({
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: nn.dense(random, `${name}.hidden`, units[i - 1] ?? sizeOf(task.input.shape), outputs, 'he'),
        readout: nn.dense(random, `${name}.readout`, outputs, classesOf(task), 'fan-in'),
      }),
      running: nn.statistics(outputs),
      forward({ hidden }, x, pass) {
        const { output, running } = nn.batchNormalized(nn.affine(hidden, nn.flat(x)), pass)
        return { output: output.relu(), running }
      },
      loss: ({ parameters: p, output, batch }) => nn.crossEntropy(nn.affine(p.readout, output), batch.target).mean(),
      scores: ({ readout }, output) => nn.affine(readout, output),
    })),
    window: 2,
    prediction: 'last',
    optimizer: nn.adam(),
    rate: (progress) => nn.SCHEDULES.linear(progress).mul(0.002),
  })),
})

console.log(`windows: ${certifyRule(windows, 'glyphs').layers.map(({ window }) => window)}`)
for await (const event of train({ rule: windows, data: 'glyphs', out: false }))
  if (event.event === 'done') console.log(`test accuracy ${event.test.network!.accuracy}`)
