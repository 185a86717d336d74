import type { TrainingJob } from '../job.js'

const on = (preset: string, ...assignments: string[]): string[] => [
  'covariance-goodness',
  ...['--data', 'cifar-10', '--preset', preset, '--validation', '0'],
  ...assignments.flatMap((own) => ['--set', own]),
]

/** What each part of the goodness brings, in the order in which it was added. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  energies: ['channel=none', 'space='],
  channel: ['space='],
  space: ['channel=none'],
}

export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  // To be reached: at most 25 % error, in 30 minutes on two cores; each part of the goodness lowers the error.
  {
    id: 'cifar-10-covariance-goodness',
    target: 25,
    title: 'Covariance goodness, 8 layers, channels and cells',
    arguments: on('depth-8'),
    seeds: [0],
  },
  ...Object.entries(PARTS).map(([name, options]) => ({
    id: `cifar-10-covariance-goodness-${name}`,
    title: `The same: ${name}${name === 'energies' ? '' : ' and energies'} alone`,
    arguments: on('depth-8', ...options),
    seeds: [0],
  })),
  {
    id: 'cifar-10-covariance-goodness-depth-16',
    title: 'Covariance goodness, 16 layers, as many epochs',
    arguments: on('depth-16'),
    seeds: [0],
  },
  ...['2', '4', '8'].map((window) => ({
    id: `cifar-10-covariance-goodness-window-${window}`,
    title: `The same in groups of ${window} layers`,
    arguments: on('depth-8', `window=${window}`),
    seeds: [0],
  })),
]
