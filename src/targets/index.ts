import type { Target } from '../data/index.js'
import { UserError } from '../errors.js'
import { oneClass } from './class.js'
import type { TargetKind } from './kind.js'
import { severalLabels } from './labels.js'
import { realValues } from './values.js'

export type { Breakdown, NamedFigures } from './breakdown.js'
export type { ExportedOutput, Merit, Said, Tally, TargetKind } from './kind.js'

/**
 * What each kind of target means; without a target there is nothing to say, and a rule is judged by its own objective.
 */
export const TARGETS: { readonly [kind in Exclude<Target['kind'], 'none'>]: TargetKind } = {
  class: oneClass,
  labels: severalLabels,
  values: realValues,
}

/** The kind of a target; undefined where there is none. */
export const kindOf = ({ kind }: Target): TargetKind | undefined => (kind === 'none' ? undefined : TARGETS[kind])

/** The same for whoever needs a target. Throws a UserError where there is none. */
export function targetKind(target: Target): TargetKind {
  const kind = kindOf(target)
  if (kind) return kind
  throw new UserError('this rule learns from targets, and the data set has none: choose a data set that has some')
}

/** The names of figures that are shares of a whole: for people to read in per cent. */
export const SHARES: readonly string[] = Object.values(TARGETS).flatMap(({ shares }) => shares)
