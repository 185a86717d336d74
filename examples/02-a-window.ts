// Gradients that reach over two layers: each learns from its own read-out and from the next one's, behind batch
// normalisation. Run it with: npm run example 02
import { z } from 'zod'
import { sizeOf } from '../src/graph/index.js'
import * as nn from '../src/nn/index.js'
import { train } from '../src/node.js'
import { certifyRule, classesOf, layerwise, type Rule, type Stack, taskFor } from '../src/rules/index.js'

type Hyper = { units: number[] }
type Layer = { hidden: nn.Dense; readout: nn.Dense }

export const windows: Rule<Hyper, Stack<Layer, nn.Statistics>> = {
  ...{ id: 'windows', title: 'Windows', summary: 'read-outs whose gradients reach over two layers', source: 'ours' },
  hyper: z.strictObject({ units: z.array(z.int().min(1)).default([200, 200, 200]).describe('units of each layer') }),
  ...{ training: { epochs: 3, batch: 100 }, presets: {} },
  ...layerwise<Hyper, Layer, nn.Statistics>(({ task, hyper: { units } }) => ({
    ...{
      window: 2,
      prediction: 'last',
      optimizer: nn.adam(),
      rate: (progress) => nn.SCHEDULES.linear(progress).mul(0.002),
    },
    layers: units.map((outputs, i) => ({
      init: (random, name) => ({
        hidden: nn.dense(random, `${name}.hidden`, i === 0 ? sizeOf(task.input.shape) : units[i - 1]!, outputs, 'he'),
        readout: nn.dense(random, `${name}.readout`, outputs, classesOf(task), 'fan-in'),
      }),
      running: nn.statistics(outputs),
      forward({ hidden }, x, pass) {
        const { output, running } = nn.batchNormalized(nn.affine(hidden, nn.flat(x)), pass)
        return { output: output.relu(), running }
      },
      loss: ({ parameters: { readout }, output, batch }) =>
        nn.crossEntropy(nn.affine(readout, output), batch.target).mean(),
      scores: ({ readout }, output) => nn.affine(readout, output),
    })),
  })),
}

const task = taskFor({ input: { shape: [1, 28, 28], levels: 256 }, target: { kind: 'class', count: 10 } })
console.log(
  'windows:',
  certifyRule(windows, task, { units: [20, 20, 20] })
    .layers.map(({ window }) => window)
    .join(),
)
for await (const event of train({ rule: windows, data: 'glyphs', out: false }))
  if (event.event === 'done') console.log(`test accuracy ${event.testAccuracy}`)
