import type { TrainingJob } from '../job.js'

const on = (data: string, preset: string, ...more: string[]): string[] => [
  'local-heads',
  ...['--data', data, '--preset', preset],
  ...more,
]

export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  {
    id: 'glyphs-local-heads',
    target: 8,
    title: 'Local heads on glyphs, preset quick',
    arguments: on('glyphs', 'quick'),
    seeds: [0, 1, 2],
  },
  // To be reached: at most 14 % error in 10 minutes on two cores.
  {
    id: 'cifar-10-local-heads-s',
    target: 14,
    title: 'Local heads, net S, 8 epochs, six views',
    arguments: on('cifar-10', 's', '--validation', '0', '--set', 'rate=0.2', '--set', 'views=six'),
    seeds: [0],
  },
  {
    id: 'cifar-10-local-heads-s-backprop',
    title: 'Backpropagation on net S with one head, and the same else',
    arguments: on(
      'cifar-10',
      's',
      ...['--validation', '0', '--set', 'rate=0.2', '--set', 'views=six'],
      ...['--set', 'heads=last', '--set', 'window=6', '--set', 'readOut=1'],
    ),
    seeds: [0],
  },
]
