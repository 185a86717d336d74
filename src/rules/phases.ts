import type { Certificate } from '../certificate/certificate.js'
import type { AnyRule, Phase, Way } from './contract.js'

/** The phase in which a batch goes up through the layers, and the one in which weights change. */
export const [PASS, LEARN] = ['pass', 'learn']

/** Of auto-encoders. */
export const [ENCODE, SAMPLE, DECODE] = ['encode', 'sample', 'decode']

/** The phases that a rule names, with the arrows that its certificate has, or else those that its certificate tells. */
export function phasesOf(rule: AnyRule, hyper: unknown, certificate: Certificate): readonly Phase[] {
  const comesDown = (way: Way): boolean =>
    (way !== 'choice' && way !== 'broadcast' && way !== 'feedback') ||
    certificate.layers.some(({ reads }) => reads[way])
  const named = rule.phases?.(hyper)
  return named?.map((phase) => ({ ...phase, ways: phase.ways.filter(comesDown) })) ?? toldBy(certificate)
}

function toldBy({ layers }: Certificate): Phase[] {
  const some = (holds: (layer: Certificate['layers'][number]) => unknown): boolean => layers.some(holds)
  const labelled = some(({ reads }) => reads.labels === 'input')
  const chosen = some(({ reads }) => reads.choice)
  const phases: Phase[] = [
    {
      name: PASS,
      says: `A batch goes up through the layers${labelled ? ', with labels in it' : ''}: each turns what it is fed into its activity.`,
      ways: ['input', ...(labelled ? (['label'] as const) : []), ...(chosen ? (['choice'] as const) : [])],
    },
  ]
  if (some(({ reads }) => reads.broadcast))
    phases.push({
      name: 'broadcast',
      says: 'What the output makes of the batch is sent straight to the layers.',
      ways: ['broadcast'],
    })
  if (some(({ reads }) => reads.feedback))
    phases.push({
      name: 'feedback',
      says: some(({ reads }) => reads.feedback?.transport)
        ? 'Layers above send something down, through their own weights used backwards.'
        : 'Layers above send something down, through weights that are not theirs.',
      ways: ['feedback'],
    })
  if (some(({ window }) => window > 1))
    phases.push({
      name: 'derivative',
      says: 'The derivative of a loss goes down from layer to layer.',
      ways: ['derivative'],
    })
  const ways: Way[] = some(({ reads }) => reads.labels === 'loss') ? ['label'] : []
  phases.push({ name: LEARN, says: 'Every layer changes its weights by what has reached it.', ways, learns: true })
  return phases
}
