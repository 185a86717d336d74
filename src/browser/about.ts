import { type DataSet, imageShapeOf } from '../data/index.js'
import type { AnyRule } from '../rules/contract.js'
import { phasesOf } from '../rules/phases.js'
import { samplesOf } from '../train/checkpoint.js'
import { drawables } from '../train/drawing.js'
import { stepsOf } from '../train/plan.js'
import type { Trainer } from '../train/trainer.js'
import type { About } from './session.js'

/** What a page is told of a training when it is open. */
export function aboutOf(
  rule: AnyRule,
  data: DataSet,
  trainer: Trainer,
  where: Pick<About, 'device' | 'threads' | 'tried'>,
): About {
  const { settings, plan, task, validation, parameters, peakActivationBytes, stateBytes } = trainer
  const latents = imageShapeOf(data.input) && rule.generator?.(task, settings.hyper as never)?.latents
  return {
    ...{ rule: rule.id, title: rule.title, data: data.name, samples: samplesOf(data), settings, ...where },
    trainSamples: trainer.trainingSamples,
    validationSamples: validation.count,
    testSamples: data.test.count,
    blocks: trainer.blocks.map((block) => ({
      name: block.name,
      parameters: block.parameters.map((own) => (typeof own === 'string' ? own : `${own.path}[${own.index}]`)),
    })),
    ...{ steps: stepsOf(plan), batches: plan.batches, parameters, peakActivationBytes, stateBytes },
    ...(latents && { latents: latents.of }),
    phases: phasesOf(rule, settings.hyper, trainer.certificate),
    predicts: rule.predict !== undefined,
    pictures: drawables(rule, task, settings.hyper),
  }
}
