// Layers that learn from read-outs of their own, for a target of any kind.
import { sizeOf } from '../../../src/graph/index.js'
import { adam, affine, type Dense, dense, flat, SCHEDULES } from '../../../src/nn/index.js'
import { defineRule, layerwise, outputCount, targetKind, z } from '../../../src/rules/index.js'

const hyper = z.strictObject({
  units: z.array(z.int().min(1)).default([64, 64]),
  rate: z.number().positive().default(0.003),
})
type Layer = { hidden: Dense; readout: Dense }

export const localReadouts = defineRule({
  id: 'local-readouts',
  hyper,
  targets: ['class', 'labels', 'values'],
  ...layerwise<z.infer<typeof hyper>, Layer>(({ task, hyper: { units, rate } }) => ({
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
    rate: (progress) => SCHEDULES.linear(progress).mul(rate),
  })),
})
