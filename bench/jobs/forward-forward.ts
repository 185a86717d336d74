import type { TrainingJob } from '../job.js'

const mnist = (rule: string, ...more: string[]): string[] => [rule, '--data', 'mnist', ...more]
const THREE = [0, 1, 2]
const FIVE = [0, 1, 2, 3, 4]

/** All-Layers PFF, over NATS, whose broker keeps what is done: the weights are those of sequential chapters. */
const CHAPTERS = ['up', 'pipeline', '--mode', 'all-layers', '--workers', '2']

export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  {
    id: 'mnist-forward-forward-fast',
    against: 'mnist-backprop-fast',
    title: 'Forward-Forward, preset fast (784-500-500)',
    arguments: mnist('forward-forward', '--preset', 'fast', '--validation', '0'),
    seeds: FIVE,
    target: 2.5,
  },
  {
    id: 'mnist-forward-forward-accurate',
    against: 'mnist-backprop-accurate',
    title: 'Forward-Forward, preset accurate (784-1000-1000)',
    arguments: mnist('forward-forward', '--preset', 'accurate', '--validation', '0'),
    seeds: THREE,
    target: 1.6,
  },
  {
    id: 'mnist-backprop-accurate',
    title: 'Backpropagation, preset accurate (784-1000-1000)',
    arguments: mnist('backprop', '--preset', 'accurate', '--validation', '0'),
    seeds: THREE,
    target: 1.7,
  },
  {
    id: 'mnist-backprop-fast',
    title: 'Backpropagation, the network of preset fast',
    arguments: mnist('backprop', '--preset', 'fast', '--validation', '0'),
    seeds: FIVE,
  },
  {
    id: 'mnist-forward-forward-convolutional',
    title: 'Forward-Forward, convolutional',
    arguments: mnist('forward-forward', '--preset', 'convolutional', '--validation', '0'),
    seeds: [0],
  },
  {
    id: 'mnist-forward-forward-fast-int8',
    against: 'mnist-backprop-fast-int8',
    title: 'Forward-Forward, preset fast, products in 8 bits',
    arguments: mnist('forward-forward', '--preset', 'fast', '--validation', '0', '--precision', 'int8'),
    seeds: FIVE,
  },
  {
    id: 'mnist-backprop-fast-int8',
    title: 'Backpropagation, the network of preset fast, products in 8 bits',
    arguments: mnist('backprop', '--preset', 'fast', '--validation', '0', '--precision', 'int8'),
    seeds: FIVE,
  },
  {
    id: 'glyphs-forward-forward',
    against: 'glyphs-backprop',
    title: 'Forward-Forward on glyphs, defaults (npm start)',
    arguments: ['forward-forward', '--data', 'glyphs'],
    seeds: THREE,
    target: 5,
  },
  {
    id: 'glyphs-backprop',
    title: 'Backpropagation on glyphs, defaults',
    arguments: ['backprop', '--data', 'glyphs'],
    seeds: THREE,
  },
  {
    id: 'glyphs-backprop-convolutional',
    title: 'Backpropagation on glyphs, convolutional, 12 epochs, images shifted by up to 2 pixels',
    arguments: ['backprop', '--data', 'glyphs', '--preset', 'convolutional', '--epochs', '12', '--augment-shift', '2'],
    seeds: THREE,
    target: 1.5,
  },
  // Aktemur et al. reach 98.17 % (All-Layers) to 98.33 % (Sequential) in 100 chapters with random negatives. With the step size
  // and threshold of preset pff-random the upper layers die in the first 100 steps (0029), so loss and rate are ours. A step
  // of a joint training takes 36 ms on the two cores of the table of steps, 90 on one; a chapter passes lower layers again:
  // 20 chapters took 111 minutes on one core beside other work.
  {
    id: 'mnist-forward-forward-pff-random',
    title: 'All-Layers PFF, random negatives (784-2000x4, 20 chapters; loss and rate ours)',
    by: CHAPTERS,
    arguments: mnist(
      'forward-forward',
      ...['--preset', 'pff-random', '--validation', '0', '--epochs', '20'],
      ...['--set', 'goodness=mean', '--set', 'loss=swish', '--set', 'rate=0.002'],
    ),
    seeds: [0],
    target: 1.7,
  },
  // 98.38 % by all heads in 100 chapters; 30 took 55 minutes on one core beside other work.
  {
    id: 'mnist-forward-forward-pff-heads',
    title: 'All-Layers PFF, heads in the place of negatives (784-2000x4, 30 chapters)',
    by: CHAPTERS,
    arguments: mnist('forward-forward', '--preset', 'pff-heads', '--validation', '0', '--epochs', '30'),
    seeds: [0],
    target: 1.7,
  },
  {
    id: 'mnist-judge',
    title: 'Backpropagation, preset accurate, on 55,000 images: the classifier that judges samples',
    arguments: mnist('backprop', '--preset', 'accurate'),
    seeds: [0],
    keep: true,
  },
  {
    id: 'mnist-features',
    title: 'Backpropagation, 784-256-64, 4 epochs: the classifier whose 64 features measure distances of samples',
    arguments: mnist('backprop', '--set', 'units=256,64', '--epochs', '4'),
    seeds: [0],
    keep: true,
  },
]
