import type { Phase } from '../contract.js'
import { LEARN, PASS } from '../phases.js'
import type { ForwardForwardHyper } from './options.js'

export const [POSITIVE, NEGATIVE] = ['positive pass', 'negative pass']

const FALSE: Record<ForwardForwardHyper['negatives'], string> = {
  uniform: 'The same images go up with wrong labels, any of them.',
  hard: 'The same images go up with wrong labels, those that a head above finds likely.',
  adaptive: 'The same images go up with the wrong label that the network predicted most.',
  fixed: 'The same images go up with a wrong label, the same one every time.',
  hybrid: 'False images go up, each a mixture of two true ones.',
}

/** True and false data, one after the other; then each layer compares its own goodness of both. */
export const pairedPhases = ({ negatives }: ForwardForwardHyper): Phase[] => [
  {
    name: POSITIVE,
    says: negatives === 'hybrid' ? 'True images go up.' : 'Images go up with their true labels.',
    ways: ['input', 'label'],
  },
  { name: NEGATIVE, says: FALSE[negatives], ways: ['input', 'choice'] },
  {
    name: LEARN,
    says: 'Each layer, by itself, makes its goodness larger for what is true and smaller for what is false.',
    ways: [],
    learns: true,
  },
]

/** Without negatives: each layer has a head of its own. */
export const headedPhases: Phase[] = [
  { name: PASS, says: 'Images go up; each layer passes its activity on.', ways: ['input'] },
  {
    name: LEARN,
    says: 'Each layer learns from the label by a softmax head of its own.',
    ways: ['label'],
    learns: true,
  },
]
