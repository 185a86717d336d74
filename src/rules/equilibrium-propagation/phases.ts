import type { Phase } from '../contract.js'
import type { EquilibriumPropagationHyper } from './options.js'

export const [FREE, NUDGED, CONTRAST] = ['free settling', 'nudged settling', 'contrast']

/** Settling twice, and what the weights learn from the difference. */
export const phasesOfStep = ({ estimator }: EquilibriumPropagationHyper): Phase[] => [
  {
    name: FREE,
    says: 'With the image held at the input, the layers settle until none moves any more: that is the prediction.',
    ways: ['input', 'feedback'],
  },
  {
    name: NUDGED,
    says: `The output is pulled a little towards the label, and all layers settle once more${estimator === 'centred' ? '; and once with the pull turned round' : ''}.`,
    ways: ['label', 'feedback'],
  },
  {
    name: CONTRAST,
    says: 'Each weight compares what its two ends did in both, and changes by the difference.',
    ways: [],
    learns: true,
  },
]
