import type { Scores } from '../events.js'
import type { Diagnosis, Finding, Observation, Setting } from './diagnosis.js'
import { smallerRate } from './remedies.js'

/** The mean loss of an epoch beside what it was before, and the weights after an epoch beside those before it. */
const RISE = 3
const GROWTH = 5

/** A rise that ends below this part of the first loss of all is no rise worth telling. */
const WORTH = 0.1

/** Losses of the network and of its blocks; that of the network has no name. */
const lossesOf = ({ network, blocks = {} }: Scores): [block: string | undefined, loss: number][] =>
  [
    [undefined, network?.loss] as const,
    ...Object.entries(blocks).map(([name, own]) => [name, own.loss] as const),
  ].flatMap(([name, loss]) => (loss === undefined ? [] : [[name, loss]]))

const lossIn = (scores: Scores | undefined, block: string | undefined): number | undefined =>
  (block === undefined ? scores?.network : scores?.blocks?.[block])?.loss

/** Steps that lead uphill: a loss that rises, or weights that an epoch blows up. */
export const stepSize: Diagnosis = {
  kind: 'step size too high',
  find(observed, setting) {
    const rising = lossesOf(observed.at(-1)!.metrics).flatMap(([block, loss]) => risen(observed, block, loss, setting))
    return rising.length > 0 ? rising : grown(observed.at(-1)!, setting)
  },
}

/** Losses that are not positive, as some are, have no factor by which they rise. */
function risen(
  observed: readonly Observation[],
  block: string | undefined,
  loss: number,
  setting: Setting,
): readonly Finding[] {
  const last = observed.at(-1)!
  const first = lossIn(observed[0]!.begin, block)
  const before = [first, ...observed.slice(0, -1).map(({ metrics }) => lossIn(metrics, block))]
  const least = Math.min(...before.filter((own) => own !== undefined))
  if (first === undefined || least <= 0 || loss < RISE * least || loss < WORTH * first) return []
  return [
    {
      ...(block !== undefined && { block }),
      measured: 'mean loss of the epoch, in losses that there were before',
      value: loss / least,
      message:
        `the steps are too large: the loss is ${short(loss)} in the mean of epoch ${last.epoch}, and was ${short(least)} ` +
        `before. Try ${smallerRate(setting)}`,
    },
  ]
}

const grown = ({ weights, begin }: Observation, setting: Setting): readonly Finding[] =>
  Object.entries(begin ? weights : {}).flatMap(([block, { size, before }]) =>
    before === 0 || size < GROWTH * before
      ? []
      : {
          block,
          measured: 'size of the weights, in sizes that they had before the epoch',
          value: size / before,
          message:
            `the steps are too large: one epoch made its weights ${short(size / before)} times as large. ` +
            `Try ${smallerRate(setting)}`,
        },
  )

const short = (value: number): string => `${Number(value.toPrecision(3))}`
