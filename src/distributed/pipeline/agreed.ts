import type { DataSet, Split } from '../../data/index.js'
import { UserError } from '../../errors.js'
import { sameShape } from '../../graph/types.js'
import type { TrainingOptions } from '../../train/options.js'
import { partsOf } from '../../train/rows.js'
import type { Port } from './cut.js'

/** What the manifest of a run says of its data. */
interface DataOfRun {
  readonly data: string
  /** Absent where the name tells which data they are. */
  readonly fingerprint?: string | undefined
  readonly trainingSamples: number
}

/** The training samples, checked to be those of the run as far as can be told. Throws a UserError where they are not. */
export function trainingOf(
  data: DataSet,
  { data: name, fingerprint, trainingSamples }: DataOfRun,
  options: Pick<TrainingOptions, 'limit' | 'validation' | 'seed'>,
): Split {
  const isSame = fingerprint === undefined ? data.name === name : data.fingerprint === fingerprint
  const train = isSame ? partsOf(data, options).train : undefined
  if (train?.count === trainingSamples) return train
  throw new UserError(`the run trains on other data than ${data.name} here: it needs ${name}, the same files`)
}

/** Throws a UserError where the cut here is not that of the run: another version of onward or of the rule. */
export function checkCut(rule: string, isSame: boolean): void {
  if (!isSame)
    throw new UserError(
      `this machine would cut ${rule} in another way than the run does; use the same version of onward and of the rule on all machines`,
    )
}

export const samePorts = (a: readonly Port[], b: readonly Port[]): boolean =>
  a.length === b.length &&
  a.every(({ name, dtype, shape }, i) => b[i]!.name === name && b[i]!.dtype === dtype && sameShape(b[i]!.shape, shape))
