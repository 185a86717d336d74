import { UsageError } from '../errors.js'
import { unknownName } from '../names.js'
import { backprop } from './backprop.js'
import { broadcast } from './broadcast/broadcast.js'
import { channelGoodness } from './channel-goodness/channel-goodness.js'
import type { AnyRule } from './contract.js'
import { covarianceGoodness } from './covariance-goodness/covariance-goodness.js'
import { equilibriumPropagation } from './equilibrium-propagation/equilibrium-propagation.js'
import { forwardForward } from './forward-forward/forward-forward.js'
import { hopfieldVae } from './hopfield-vae/hopfield-vae.js'
import { localHeads } from './local-heads/local-heads.js'
import { nice } from './nice/nice.js'
import { predictiveCoding } from './predictive-coding/predictive-coding.js'
import { recLra } from './rec-lra/rec-lra.js'
import { sparseCells } from './sparse-cells/sparse-cells.js'
import { spikeAlignment } from './spike-alignment/spike-alignment.js'
import { targetPropagation } from './target-propagation/target-propagation.js'
import { trifecta } from './trifecta/trifecta.js'
import { uff } from './uff/uff.js'
import { vaeLayer } from './vae-layer/vae-layer.js'

/** Every rule there is. Adding a rule is adding its file, its test and one line here. */
export const RULES: readonly AnyRule[] = [
  forwardForward,
  backprop,
  trifecta,
  vaeLayer,
  uff,
  equilibriumPropagation,
  hopfieldVae,
  targetPropagation,
  localHeads,
  channelGoodness,
  covarianceGoodness,
  predictiveCoding,
  broadcast,
  nice,
  spikeAlignment,
  recLra,
  sparseCells,
]

/** The rule of that name or of that short name, in any case, if there is one. */
export const ruleNamed = (name: string): AnyRule | undefined =>
  RULES.find(({ id, short = [] }) => [id, ...short].includes(name.toLowerCase()))

/** The same; an unknown one throws a UsageError that offers the nearest. */
export function ruleById(name: string): AnyRule {
  const rule = ruleNamed(name)
  if (rule) return rule
  throw unknownName(
    'rule',
    name,
    RULES.map(({ id }) => id),
  )
}

/** Throws a UsageError for another rule under the name of one of these: a run is known by that name. */
export function checkId(rule: AnyRule): void {
  if (RULES.some((own) => own.id === rule.id && own !== rule))
    throw new UsageError(`a rule of one's own cannot have the id of one of Onward's, ${rule.id}: give it another`)
}
