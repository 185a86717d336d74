import { metered } from '../../../src/meter/meter.js'
import { certifyRule } from '../../../src/rules/certify.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { phasesOf } from '../../../src/rules/phases.js'
import { traceRule } from '../../../src/rules/trace.js'
import { drawables } from '../../../src/train/drawing.js'
import { blockOf, tensorsOf } from '../../../src/train/roles.js'
import type { About, BlockAbout, Samples, Wanted } from './protocol.js'
import { shapesOf, tracedFor } from './wanted.js'

/** What a rule would do with these options on these data, read from its graph alone. */
export function describe(wanted: Wanted, rule: AnyRule, samples: Samples = shapesOf(wanted)): About {
  const { hyper, task, batch, epochs } = tracedFor(wanted, rule, samples)
  const traced = traceRule(rule, task, hyper)
  const { blocks } = rule.locality(task, hyper)
  const tensors = tensorsOf(traced.predict, blocks)
  const meter = metered(rule, task, hyper, { micro: 10 })
  const certificate = certifyRule(rule, task, hyper)
  const shapes = new Map(
    traced.watch()?.metrics.flatMap(({ name, output }) => {
      const [block, , what] = name.split('/')
      return what === 'activity' ? [[block!, output.shape.slice(1)] as const] : []
    }),
  )
  const latents = task.input.levels === undefined ? undefined : rule.generator?.(task, hyper)?.latents
  return {
    blocks: blocks.map(({ name }, i): BlockAbout => {
      const shape = shapes.get(name)
      const own = tensors.filter((tensor) => tensor.role === 'model' && blockOf(blocks, tensor.name) === i)
      const parameters = own.reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0)
      return { name, parameters, ...(shape && { shape }) }
    }),
    certificate,
    phases: phasesOf(rule, hyper, certificate),
    memory: {
      activations: meter.joint?.activationBytes ?? 0,
      weights: meter.parameterBytes + meter.optimizerBytes + meter.statisticsBytes,
      ...(meter.backpropagation && { backpropagation: meter.backpropagation.plain }),
    },
    parameters: meter.parameters,
    ...{ epochs, batch },
    pictures: drawables(rule, task, hyper),
    ...(latents && { latents: latents.of }),
    scoreName: rule.scoreName?.(hyper) ?? 'score',
    probabilities: rule.probabilities?.(hyper) ?? false,
    warnings: rule.warnings?.(task, hyper) ?? [],
  }
}
