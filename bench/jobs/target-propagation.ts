import type { RuleSpeedJob, TrainingJob } from '../jobs.js'

const THREE = [0, 1, 2]
const mnist = (preset: string, ...more: string[]): string[] => [
  'target-propagation',
  ...['--data', 'mnist', '--preset', preset, '--validation', '0'],
  ...more,
]

export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  // To be reached: at most 7 % error.
  {
    id: 'glyphs-target-propagation',
    title: 'Target propagation on glyphs, preset quick',
    arguments: ['target-propagation', '--data', 'glyphs', '--preset', 'quick'],
    seeds: THREE,
  },
  // To be reached: at most 2.2 % error, in under 30 minutes on two cores.
  {
    id: 'mnist-target-propagation-difference',
    title: 'Difference target propagation, 784-500-500',
    arguments: mnist('difference'),
    seeds: THREE,
  },
  // To be reached: at most 5 % error.
  {
    id: 'mnist-target-propagation-sign',
    title: 'Difference target propagation, sign units, 784-500-500',
    arguments: mnist('sign'),
    seeds: THREE,
  },
  {
    id: 'mnist-target-propagation-bernoulli',
    title: 'Difference target propagation, Bernoulli units, 784-500-500',
    arguments: mnist('bernoulli'),
    seeds: THREE,
  },
  {
    id: 'mnist-target-propagation-drl',
    title: 'The difference reconstruction loss, 784-5x256',
    arguments: mnist('drl'),
    seeds: THREE,
  },
  {
    id: 'mnist-target-propagation-label-autoencoder',
    title: 'Targets of a label auto-encoder in difference form, 784-500-500 (ours, after Bengio 2014)',
    arguments: mnist('label-autoencoder'),
    seeds: THREE,
  },
  // The plain form's failure, and the difference form on the same networks in as many epochs.
  {
    id: 'mnist-target-propagation-plain',
    title: 'The plain form, 784-6x256: it collapses',
    arguments: mnist('plain'),
    seeds: THREE,
  },
  {
    id: 'mnist-target-propagation-plain-corrected',
    title: 'The same network and epochs in difference form',
    arguments: mnist('plain', '--set', 'form=difference'),
    seeds: THREE,
  },
  {
    id: 'mnist-target-propagation-plain-two',
    title: 'The plain form, 784-500-500',
    arguments: mnist('difference', '--set', 'form=plain'),
    seeds: THREE,
  },
  {
    id: 'mnist-target-propagation-label-autoencoder-plain',
    title: 'Targets of a label auto-encoder in plain form, 784-500-500: it collapses (ours, after Bengio 2014)',
    arguments: mnist('label-autoencoder', '--set', 'form=plain', '--epochs', '5'),
    seeds: THREE,
  },
]

const speed = (preset: string, data: string, threads: 1 | 2): Omit<RuleSpeedJob, 'kind'> => ({
  id: `speed-target-propagation-${preset}-${threads}`,
  title: `target-propagation, preset ${preset}`,
  ...{ rule: 'target-propagation', preset, data, batch: 100, threads },
  ...{ twin: 'target_propagation_twin.py', case: preset },
  // The first epoch is timed; drl's would be its pretraining, of the inverses alone.
  hyper: { pretraining: 0 },
})

/** Aimed at: at least 1.0. */
export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = ([1, 2] as const).flatMap((threads) => [
  speed('quick', 'glyphs', threads),
  ...['difference', 'drl', 'sign', 'bernoulli', 'label-autoencoder'].map((preset) => speed(preset, 'mnist', threads)),
])
