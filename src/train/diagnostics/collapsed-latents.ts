import type { Diagnosis } from './diagnosis.js'
import { oneOf, smallerRate } from './remedies.js'

/** Nats of a held-out sample, below which latents say next to nothing of it; for so many epochs. */
const LEAST = 0.1
const EPOCHS = 2

/** Latents that are their prior, whatever the input is. */
export const collapsedLatents: Diagnosis = {
  kind: 'collapsed latents',
  find(observed, setting) {
    const { divergence: figure, hyper, options } = setting
    const last = observed.slice(-EPOCHS)
    if (figure === undefined || last.length < EPOCHS) return []
    return [undefined, ...setting.blocks].flatMap((block) => {
      const nats = last.map(
        ({ validation }) => (block === undefined ? validation?.network : validation?.blocks?.[block])?.[figure],
      )
      if (!nats.every((own) => own !== undefined && own < LEAST)) return []
      const weights = ['beta', 'sigmaX'].filter((name) => options.has(name) && typeof hyper[name] === 'number')
      const remedies = [...weights.map((name) => `a smaller ${name} than ${hyper[name]}`), smallerRate(setting)]
      return {
        ...(block !== undefined && { block }),
        measured: `${figure}, in nats`,
        value: nats.at(-1)!,
        message:
          `its latents have collapsed: ${figure} is ${Number(nats.at(-1)!.toPrecision(2))} nats, so that they say next to ` +
          `nothing of what they encode. Try ${oneOf(remedies)}`,
      }
    })
  },
}
