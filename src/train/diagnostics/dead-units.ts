import type { Diagnosis } from './diagnosis.js'
import { smallerRate } from './remedies.js'

/** The part of a block's units from which on they are told of. */
const PART = 0.5

/** Units that have one and the same number for every sample: most of a layer does nothing. */
export const deadUnits: Diagnosis = {
  kind: 'dead units',
  find: (observed, setting) =>
    Object.entries(observed.at(-1)!.units).flatMap(([block, { count, dead }]) =>
      dead < PART * count
        ? []
        : {
            block,
            measured: 'part of the units that are dead',
            value: dead / count,
            message:
              `${dead} of ${count} units are dead: each has one and the same number for all samples that were looked ` +
              `at. Try ${smallerRate(setting)}, or train anew with another seed`,
          },
    ),
}
