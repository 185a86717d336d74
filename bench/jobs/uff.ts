import type { RuleSpeedJob, TrainingJob } from '../job.js'

const mnist = (preset: string, ...more: string[]): string[] => [
  ...['uff', '--data', 'mnist', '--preset', preset, '--validation', '0'],
  ...more,
]
const UNTRAINED = ['--set', 'cellsUntil=0']
const THREE = [0, 1, 2]

/**
 * Each record holds, besides the accuracy of the concatenated latents, that of every latent alone (`layer K`) and of
 * the pixels (`pixels`). To be reached, in per cent right: dense cells 97.5, convolutional 98.5; the concatenation at
 * least as good as the best latent; greedy within the seeds' noise of joint; both above the untrained cells.
 */
export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  {
    id: 'mnist-uff-denoising',
    title: 'UFF, dense denoising cells',
    arguments: mnist('denoising'),
    seeds: THREE,
    target: 2.5,
  },
  // The partner of the next one: its cells, too, learn for 8 epochs, and its classifier for 8 from cells at rest.
  {
    id: 'mnist-uff-denoising-rest',
    title: 'UFF, dense denoising cells, at rest for the second half',
    arguments: mnist('denoising', '--epochs', '16', '--set', 'cellsUntil=0.5'),
    seeds: THREE,
    target: 2.5,
  },
  {
    id: 'mnist-uff-denoising-greedy',
    title: 'UFF, dense denoising cells, one after the other, 8 epochs each',
    arguments: mnist('denoising', '--schedule', 'greedy'),
    seeds: THREE,
    target: 2.5,
  },
  {
    id: 'mnist-uff-denoising-untrained',
    title: 'UFF, untrained dense cells',
    arguments: mnist('denoising', ...UNTRAINED),
    seeds: THREE,
  },
  {
    id: 'mnist-uff-dense',
    title: 'UFF, dense auto-encoders',
    arguments: mnist('dense'),
    seeds: THREE,
    target: 2.5,
  },
  {
    id: 'mnist-uff-convolutional',
    title: 'UFF, convolutional cells',
    arguments: mnist('convolutional'),
    seeds: THREE,
    target: 1.5,
  },
  {
    id: 'mnist-uff-convolutional-untrained',
    title: 'UFF, untrained convolutional cells',
    arguments: mnist('convolutional', ...UNTRAINED),
    seeds: THREE,
  },
  {
    id: 'mnist-uff-variational',
    title: 'UFF, variational cells (ours)',
    arguments: mnist('variational'),
    seeds: THREE,
  },
  {
    id: 'glyphs-uff',
    target: 7,
    title: 'UFF on glyphs, preset quick',
    arguments: ['uff', '--data', 'glyphs', '--preset', 'quick'],
    seeds: THREE,
  },
]

const BATCHES = { dense: 250, denoising: 250, variational: 250, convolutional: 100 }

/** Aimed at: at least 1.0. */
export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = ([1, 2] as const).flatMap((threads) =>
  Object.entries(BATCHES).map(([preset, batch]) => ({
    id: `speed-uff-${preset}-${threads}`,
    title: `uff, preset ${preset}${preset === 'convolutional' ? ', while the cells learn' : ''}`,
    ...{ rule: 'uff', preset, data: 'mnist', batch, threads },
    ...{ twin: 'uff_twin.py', case: preset },
  })),
)
