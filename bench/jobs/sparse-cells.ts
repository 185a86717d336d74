import type { TrainingJob } from '../job.js'

const on = (data: string, preset: string, ...more: string[]): string[] => [
  'sparse-cells',
  ...['--data', data, '--preset', preset],
  ...more,
]

/** The same with patches drawn at random in the place of the cell: they are drawn, not trained, in two epochs. */
const control = (preset: string, ...more: string[]): string[] =>
  on('cifar-10', preset, '--set', 'cell=random-patches', '--epochs', '2', ...more)

export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  {
    id: 'glyphs-sparse-cells',
    target: 8,
    title: 'Sparse cells on glyphs, preset quick',
    arguments: on('glyphs', 'quick'),
    seeds: [0, 1, 2],
  },
  {
    id: 'cifar-10-sparse-cells-small',
    title: 'Sparse cells, 300 latents, 10,000 images',
    arguments: on('cifar-10', 'small'),
    seeds: [0, 1, 2],
  },
  {
    id: 'cifar-10-sparse-cells-small-random-patches',
    title: 'The control: 300 patches drawn at random, and the same else',
    arguments: control('small'),
    seeds: [0, 1, 2],
  },
  // To be reached: at most 22 % error in 2 hours on two cores. It takes 3 GiB.
  {
    id: 'cifar-10-sparse-cells',
    target: 22,
    title: 'Sparse cells, 1,600 latents, mirror images',
    arguments: on('cifar-10', 'cifar-10', '--validation', '0'),
    seeds: [0],
  },
  {
    id: 'cifar-10-sparse-cells-random-patches',
    title: 'The control: 1,600 patches drawn at random, and the same else',
    arguments: control('cifar-10', '--validation', '0'),
    seeds: [0],
  },
]
