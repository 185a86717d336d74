import type { Phase } from '../contract.js'
import { LEARN, PASS } from '../phases.js'
import type { TargetPropagationHyper } from './options.js'
import { inverseCount } from './parts.js'

export const TARGETS = 'targets'

const carried = ({ form }: TargetPropagationHyper): string => {
  const correction = form === 'plain' ? '' : ', each corrected by what the inverse gets wrong'
  return `A target is made at the top, and learned inverses carry it down, layer by layer${correction}.`
}

/** Up with activities, down with targets. */
export const phasesOfStep = (h: TargetPropagationHyper): Phase[] => [
  { name: PASS, says: 'A batch goes up; each layer keeps its activity.', ways: ['input'] },
  {
    name: TARGETS,
    says:
      inverseCount(h) > 0 ? carried(h) : 'A target is made for the hidden layer; no inverse has to carry it further.',
    ways: ['label', 'feedback'],
  },
  { name: LEARN, says: 'Each layer moves its own activity towards its target.', ways: [], learns: true },
]
