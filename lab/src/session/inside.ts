import type { Inside } from '../../../src/browser/served.js'
import { outputCount } from '../../../src/data/index.js'
import { kindOf } from '../../../src/targets/index.js'
import { confusing } from '../../../src/train/confusion.js'
import { globalEpoch, globalStep } from '../../../src/train/plan.js'
import { directionsOf } from '../state/directions.js'
import { learnedIn } from './learned.js'
import { lent } from './lend.js'
import { filtersOf, glancesOf, imagesOf, seenOf } from './look.js'
import type { Assessed, Directions, Drawing, Look, Methods, Said, Standing } from './protocol.js'

/** Images whose latents say where one can move. */
const ENCODED = 100

/** What the lab asks of its sessions beside what every session does. */

export function labMethods({ rule, data, trainer, at, watch, latents }: Inside): Methods {
  const { plan, settings, validation, blocks, tensors } = trainer
  const learned = learnedIn({ rule, trainer, at })
  const standing = (): Standing => ({
    step: globalStep(plan, at()),
    epoch: globalEpoch(plan, at()),
    done: at().phase === plan.phases,
  })
  const labelsOf = (target: ArrayLike<number> | undefined, count: number): string[] => {
    if (data.target.kind !== 'class' || !target) return []
    return Array.from({ length: count }, (_, i) => data.names[target[i]!] ?? '')
  }
  return {
    async look(): Promise<Look> {
      const { step, count, x, target, sights } = await watch()
      const images = imagesOf(data.input, x)
      return {
        step,
        glances: glancesOf(sights),
        filters: filtersOf(blocks, tensors, await trainer.read(), data.input),
        ...(images && { batch: { ...images, labels: labelsOf(target, count) } }),
      }
    },
    async assess(): Promise<Assessed> {
      const counts = data.target.kind === 'class' ? confusing(data) : undefined
      const scores = learned(await trainer.measure(validation, counts?.seen))
      const confusion = scores.network && counts?.confused().network
      return { ...standing(), validation: scores, ...(confusion && { confusion }) }
    },
    async say(drawing: Drawing): Promise<Said | undefined> {
      const seen = seenOf(drawing, data)
      if (!seen) return undefined
      const { levels } = data.input
      const inputs = levels ? Uint8Array.from(seen.pixels, (x) => Math.round(x * (levels - 1))) : seen.pixels
      const count = outputCount(data.target)
      const targets = new Uint8Array(data.target.kind === 'class' ? 1 : count)
      const parts: Record<string, number[]> = {}
      let scores: number[] = []
      await trainer.measure({ inputs, targets, count: 1 }, ({ block }, own) => {
        const values = Array.from(own.subarray(0, count))
        if (block === undefined) scores = values
        else parts[block] = values
      })
      const isProbable = rule.probabilities?.(settings.hyper) === true
      const probabilities = isProbable ? kindOf(data.target)?.probabilities?.(scores) : undefined
      return { seen, scores, parts, ...(probabilities && { probabilities }) }
    },
    async directions(): Promise<Directions> {
      const split = validation.count > 0 ? validation : data.test
      const size = split.inputs.length / split.count
      const count = Math.min(ENCODED, split.count)
      const images = Array.from({ length: count }, (_, i) => split.inputs.subarray(i * size, (i + 1) * size))
      return directionsOf(await (await latents()).encode(images))
    },
    lent: async () => lent(trainer.tensors, await trainer.initialState()),
  }
}
