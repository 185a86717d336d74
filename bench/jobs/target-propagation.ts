import type { RuleSpeedJob, TrainingJob } from '../job.js'

const THREE = [0, 1, 2]

const mnist = (preset: string, title: string, more: Partial<TrainingJob> = {}): Omit<TrainingJob, 'kind'> => ({
  id: `mnist-target-propagation-${preset}`,
  title,
  arguments: ['target-propagation', '--data', 'mnist', '--preset', preset, '--validation', '0'],
  seeds: THREE,
  ...more,
})

const other = (preset: string, form: string, title: string, ...more: string[]): Omit<TrainingJob, 'kind'> => {
  const { id, arguments: own, ...job } = mnist(preset, title)
  return { ...job, id: `${id}-form-${form}`, arguments: [...own, '--set', `form=${form}`, ...more] }
}

/** To be reached: at most 2.2 % test error by the difference form, 5 % with sign units; the plain form is to fail. */
export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  mnist('difference', 'Difference target propagation, 784-500-500', { target: 2.2, against: 'mnist-backprop-fast' }),
  mnist('sign', 'Difference target propagation, units that send signs', { target: 5 }),
  mnist('plain', 'Plain target propagation, 784-6x256: it collapses'),
  // The same networks, the other form.
  other('plain', 'difference', 'The same network in difference form, as many epochs'),
  other('difference', 'plain', 'Plain target propagation, 784-500-500'),
  other('label-autoencoder', 'plain', 'The label auto-encoder in plain form (ours): it collapses', '--epochs', '5'),
  mnist('label-autoencoder', 'Targets by an auto-encoder of code and label (ours, after Bengio 2014)'),
  mnist('drl', 'Difference reconstruction loss, 784-5x256'),
  mnist('bernoulli', 'Difference target propagation, units that send samples', { seeds: [0] }),
  {
    id: 'glyphs-target-propagation',
    title: 'Difference target propagation on glyphs, preset quick',
    arguments: ['target-propagation', '--data', 'glyphs', '--preset', 'quick'],
    seeds: THREE,
    target: 7,
  },
]

const CASES = ['difference', 'drl', 'sign', 'label-autoencoder']

/** Aimed at: at least 1.0. */
export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = ([2, 1] as const).flatMap((threads) =>
  CASES.map((preset) => ({
    id: `speed-target-propagation-${preset}-${threads}`,
    title: `target-propagation, preset ${preset}`,
    ...{ rule: 'target-propagation', preset, data: 'mnist', batch: 100, threads },
    ...{ twin: 'target_propagation_twin.py', case: preset },
    // A sign flips where a number is next to zero.
    ...(preset === 'sign' && { mostApart: 1e-2 }),
    // The first epoch is timed; that of drl would be its pretraining, of the inverses alone.
    hyper: { pretraining: 0 },
  })),
)
