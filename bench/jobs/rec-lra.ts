import type { TrainingJob } from '../job.js'

const THREE = [0, 1, 2]

const on = (data: string, preset: string, ...assignments: string[]): string[] => [
  ...['rec-lra', '--data', data, '--preset', preset],
  ...(data === 'glyphs' ? [] : ['--validation', '0']),
  ...assignments.flatMap((own) => ['--set', own]),
]

export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  // To be reached: at most 2.5 % error.
  {
    id: 'mnist-rec-lra',
    target: 2.5,
    title: 'Recursive LRA, 784-500-500-500, an error skip to the second layer',
    arguments: on('mnist', 'mnist'),
    seeds: THREE,
  },
  {
    id: 'mnist-rec-lra-backprop',
    title: 'Backpropagation of the same network, and the same else',
    arguments: on('mnist', 'mnist', 'method=backprop'),
    seeds: THREE,
  },
  // To be reached: at most 35 % error in 60 minutes on two cores. The paper's residual net of 18 layers: 6.42 %.
  {
    id: 'cifar-10-rec-lra',
    target: 35,
    title: 'Recursive LRA, a residual net of 9 convolutions',
    arguments: on('cifar-10', 'cifar-10'),
    seeds: [0],
  },
  {
    id: 'cifar-10-rec-lra-backprop',
    title: 'Backpropagation of the same residual net, and the same else',
    arguments: on('cifar-10', 'cifar-10', 'method=backprop'),
    seeds: [0],
  },
  {
    id: 'glyphs-rec-lra',
    target: 8,
    title: 'Recursive LRA on glyphs, preset quick',
    arguments: on('glyphs', 'quick'),
    seeds: THREE,
  },
]
