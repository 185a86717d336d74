import type { RuleSpeedJob, TrainingJob } from '../job.js'

const THREE = [0, 1, 2]

/** Each with what its own step sizes want; all have the same weights' step size, the best for each in one grid. */
export const METHODS = [
  { method: 'backprop', name: 'Backpropagation', set: [] },
  { method: 'pc-alm', name: 'PC-ALM', set: [] },
  { method: 'pc', name: 'Predictive coding', set: ['--set', 'stepSize=1'] },
] as const

export const DEPTHS = [8, 16, 32, 64, 128] as const

export const idOf = (method: string, depth: number): string => `fashion-mnist-predictive-coding-${method}-${depth}`

/**
 * Networks of 32 rectifiers a layer, one epoch. To be reached: PC-ALM within 1.5 points of backpropagation at 32 layers, where
 * PC is at least 5 behind, and within 3 at 128.
 */
export const JOBS: readonly Omit<TrainingJob, 'kind'>[] = [
  ...DEPTHS.flatMap((depth) =>
    METHODS.map(({ method, name, set }) => ({
      id: idOf(method, depth),
      title: `${name}, ${depth} layers of 32 units`,
      arguments: [
        ...['predictive-coding', '--data', 'fashion-mnist', '--preset', 'fashion-mnist', '--validation', '0'],
        ...['--set', `method=${method}`, '--set', `depth=${depth}`, ...set],
      ],
      seeds: THREE,
    })),
  ),
  {
    id: 'glyphs-predictive-coding',
    title: 'PC-ALM on glyphs, preset quick',
    arguments: ['predictive-coding', '--data', 'glyphs', '--preset', 'quick'],
    seeds: THREE,
    target: 8,
  },
]

const CASES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'pc-alm': {},
  pc: { method: 'pc' },
  reverse: { sweep: 'reverse' },
}

/** Aimed at: at least 1.0. */
export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = ([2, 1] as const).flatMap((threads) =>
  Object.entries(CASES).map(([name, hyper]) => ({
    id: `speed-predictive-coding-${name}-${threads}`,
    title: `predictive-coding, ${name}, 32 layers of 32, batch 64`,
    ...{ rule: 'predictive-coding', preset: 'fashion-mnist', hyper, data: 'fashion-mnist', batch: 64, threads },
    ...{ twin: 'predictive_coding_twin.py', case: name },
  })),
)
