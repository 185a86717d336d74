import type { RuleSpeedJob, TrainingJob } from '../job.js'

const THREE = [0, 1, 2]

const trained = (data: string, preset: string, ...more: string[]): string[] => [
  'equilibrium-propagation',
  '--data',
  data,
  '--preset',
  preset,
  ...more,
]

/** Targets: at most 2.2 % test error of preset mnist within 30 minutes on 2 cores; at least 93 % of quick on glyphs. */
export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  {
    id: 'mnist-equilibrium-propagation',
    title: 'Equilibrium propagation, preset mnist (784-512-10)',
    arguments: trained('mnist', 'mnist', '--validation', '0'),
    target: 2.2,
    seeds: THREE,
  },
  {
    id: 'mnist-equilibrium-propagation-p-1h',
    title: "Equilibrium propagation, preset p-1h (Ernoult et al.'s settings)",
    arguments: trained('mnist', 'p-1h', '--validation', '0'),
    seeds: [0],
  },
  {
    id: 'mnist-equilibrium-propagation-p-1h-smoke',
    title: 'Equilibrium propagation, preset p-1h, one epoch (more than 90 % expected)',
    arguments: trained('mnist', 'p-1h', '--validation', '0', '--epochs', '1'),
    seeds: [0],
  },
  {
    id: 'mnist-equilibrium-propagation-cross-entropy',
    title: 'Equilibrium propagation, preset cross-entropy (784-256-256, softmax read-out)',
    arguments: trained('mnist', 'cross-entropy', '--validation', '0'),
    seeds: THREE,
  },
  {
    id: 'glyphs-equilibrium-propagation',
    target: 7,
    title: 'Equilibrium propagation on glyphs, preset quick',
    arguments: trained('glyphs', 'quick'),
    seeds: THREE,
  },
]

const CASES: readonly [preset: string, batch: number][] = [
  ['mnist', 100],
  ['p-1h', 20],
  ['cross-entropy', 100],
]

export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = ([2, 1] as const).flatMap((threads) =>
  CASES.map(([preset, batch]) => ({
    id: `speed-equilibrium-propagation-${preset}-${threads}`,
    title: `Equilibrium propagation, preset ${preset}, batch ${batch}`,
    rule: 'equilibrium-propagation',
    preset,
    data: 'mnist',
    batch,
    twin: 'equilibrium_propagation_twin.py',
    case: preset,
    threads,
  })),
)
