import type { Option as Flag } from 'commander'
import { UsageError } from '../../errors.js'
import { flag, wholeNumber } from '../command-flags.js'

/** Flags of the commands that judge what a run draws. */
export interface JudgeFlags {
  /** True, or the run of a classifier. */
  readonly judge?: true | string
  readonly features?: string
  readonly samples?: number
  readonly draws?: number
  readonly against?: string
}

export const judgeFlags = (): Flag[] =>
  [
    flag(
      '--judge [run]',
      'compare what it draws with real images; by a run that classifies: by its features, and of how many samples it is sure',
    ),
    flag('--features <what>', 'compare by pixels (default), the folder of a run that classifies, or FILE.onnx'),
    flag('--samples <n>', 'images of each kind; default: 10,000, or all that there are').argParser(
      wholeNumber('--samples', 4),
    ),
    flag('--draws <n>', 'draws of noise for the likelihood of an image, 0: no likelihood; default: 64').argParser(
      wholeNumber('--draws', 0),
    ),
    flag('--against <images>', 'test (default), or validation: the images to choose settings by'),
  ].map((own) => own.helpGroup('Judging:'))

const AGAINST = ['test', 'validation'] as const

/** What is to be judged, and how; undefined without `--judge`. Throws a UsageError where flags do not go together. */
export function readJudgeFlags(flags: JudgeFlags) {
  const { judge, features, samples, draws, against } = flags
  if (judge === undefined) {
    const alone = (['features', 'samples', 'draws', 'against'] as const).find((key) => flags[key] !== undefined)
    if (alone) throw new UsageError(`--${alone} says how to judge: add --judge, or leave it out.`)
    return undefined
  }
  const known = AGAINST.find((one) => one === against)
  if (against !== undefined && !known)
    throw new UsageError(`--against takes ${AGAINST.join(' or ')}, not "${against}".`)
  const classifier = judge === true ? undefined : judge
  if (classifier !== undefined && features !== undefined)
    throw new UsageError('--judge RUN compares by the features of that run: leave RUN or --features out.')
  const wish = features ?? classifier
  return {
    ...(classifier !== undefined && { classifier }),
    ...(wish !== undefined && { features: wish }),
    ...(samples !== undefined && { count: samples }),
    ...(draws !== undefined && { draws }),
    ...(known && { against: known }),
  }
}

export type JudgeWishes = NonNullable<ReturnType<typeof readJudgeFlags>>
