import type { Diagnosis, Observation } from './diagnosis.js'
import { oneOf, smallerRate } from './remedies.js'

/** The mean loss of pairs below which almost none of them has a slope; for so many epochs. */
const FLAT = 0.01
const EPOCHS = 2

/** The held-out accuracy from which on there is little left to learn. */
const GOOD = 0.9

/** A block that learns pairs of true and false samples (it has a `separation`), whose loss is flat too early. */
export const saturatedGoodness: Diagnosis = {
  kind: 'saturated goodness',
  find(observed, setting) {
    const last = observed.slice(-EPOCHS)
    return setting.blocks.flatMap((block) => {
      const { loss, separation } = last.at(-1)!.metrics.blocks?.[block] ?? {}
      const right = accuracyOf(last.at(-1)!, block)
      if (
        loss === undefined ||
        separation === undefined ||
        last.length < EPOCHS ||
        !last.every((own) => isFlat(own, block))
      )
        return []
      if ((right ?? separation) >= GOOD) return []
      const { hyper, options } = setting
      const remedies = [
        ...(options.has('negatives') && hyper.negatives !== 'hard' ? [`negatives=hard (now ${hyper.negatives})`] : []),
        ...(options.has('alpha') && hyper.loss !== 'threshold' ? [`a smaller alpha than ${hyper.alpha}`] : []),
        smallerRate(setting),
      ]
      const share = (value: number): string => `${(100 * value).toFixed(1)} %`
      const known =
        right === undefined ? `${share(separation)} of the pairs` : `${share(right)} of the held-out samples`
      return {
        block,
        measured: 'mean loss of its pairs',
        value: loss,
        message:
          `its goodness is saturated: a mean loss of ${loss.toExponential(0)} leaves next to nothing to ` +
          `learn from its pairs, with ${known} right. Try ${oneOf(remedies)}`,
      }
    })
  },
}

const isFlat = ({ metrics }: Observation, block: string): boolean =>
  Math.abs(metrics.blocks?.[block]?.loss ?? Number.POSITIVE_INFINITY) <= FLAT

const accuracyOf = ({ validation }: Observation, block: string): number | undefined =>
  validation?.blocks?.[block]?.accuracy ?? validation?.network?.accuracy
