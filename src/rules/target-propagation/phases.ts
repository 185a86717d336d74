import type { Phase } from '../contract.js'
import { LEARN, PASS } from '../phases.js'
import type { TargetPropagationHyper } from './options.js'

export const TARGETS = 'targets'

/** Up with activities, down with targets. */
export const phasesOfStep = ({ form }: TargetPropagationHyper): Phase[] => [
  { name: PASS, says: 'A batch goes up; each layer keeps its activity.', ways: ['input'] },
  {
    name: TARGETS,
    says: `A target is made at the top, and learned inverses carry it down, layer by layer${form === 'plain' ? '' : ', each corrected by what the inverse gets wrong'}.`,
    ways: ['label', 'feedback'],
  },
  { name: LEARN, says: 'Each layer moves its own activity towards its target.', ways: [], learns: true },
]
