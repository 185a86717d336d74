import type { Diagnosis } from './diagnosis.js'
import { moreDecay, oneOf, smallerRate } from './remedies.js'

/** So many times as large as they began. */
const GROWTH = 10

/** Weights that have grown out of all proportion since the training began. */
export const explodingWeights: Diagnosis = {
  kind: 'exploding weights',
  find: (observed, setting) =>
    Object.entries(observed.at(-1)!.weights).flatMap(([block, { size, first }]) =>
      first === 0 || size < GROWTH * first
        ? []
        : {
            block,
            measured: 'size of the weights, in sizes that they began with',
            value: size / first,
            message:
              `its weights explode: they are ${Math.round(size / first).toLocaleString('en')} times as large as they ` +
              `began. Try ${oneOf([smallerRate(setting), ...moreDecay(setting)])}`,
          },
    ),
}
