import type {
  Job,
  JudgeJob,
  LeastSquaresJob,
  MemoryJob,
  RuleSpeedJob,
  SpeedJob,
  StudyJob,
  TrainingJob,
  TunedJob,
} from './job.js'
import { JOBS as BROADCAST } from './jobs/broadcast.js'
import { JOBS as CHANNEL_GOODNESS } from './jobs/channel-goodness.js'
import { PACES } from './jobs/course.js'
import { JOBS as COVARIANCE_GOODNESS } from './jobs/covariance-goodness.js'
import {
  JOBS as EQUILIBRIUM_PROPAGATION,
  SPEED as EQUILIBRIUM_PROPAGATION_SPEED,
} from './jobs/equilibrium-propagation.js'
import { JOBS as FORWARD_FORWARD } from './jobs/forward-forward.js'
import { JOBS as HOPFIELD_VAE, SPEED as HOPFIELD_VAE_SPEED, JUDGED, TUNED } from './jobs/hopfield-vae.js'
import { LAYER_TIMES, JOBS as LOCAL_HEADS, SPEED as LOCAL_HEADS_SPEED } from './jobs/local-heads.js'
import { MEMORY } from './jobs/memory.js'
import { JOBS as NICE, SPEED as NICE_SPEED } from './jobs/nice.js'
import { JOBS as PREDICTIVE_CODING, SPEED as PREDICTIVE_CODING_SPEED } from './jobs/predictive-coding.js'
import { JOBS as REC_LRA } from './jobs/rec-lra.js'
import { JOBS as SPARSE_CELLS } from './jobs/sparse-cells.js'
import { JOBS as SPIKE_ALIGNMENT, SPEED as SPIKE_ALIGNMENT_SPEED } from './jobs/spike-alignment.js'
import { STUDIES } from './jobs/studies.js'
import { LEAST_SQUARES, JOBS as TABLES } from './jobs/tables.js'
import { JOBS as TARGET_PROPAGATION, SPEED as TARGET_PROPAGATION_SPEED } from './jobs/target-propagation.js'
import { JOBS as TRIFECTA, SPEED as TRIFECTA_SPEED } from './jobs/trifecta.js'
import { JOBS as UFF, SPEED as UFF_SPEED } from './jobs/uff.js'
import { JOBS as VAE_LAYER, SPEED as VAE_LAYER_SPEED } from './jobs/vae-layer.js'

/** [units, batch, how many times as fast as PyTorch with two threads, with one]. */
const STEPS: [number[], number, number, number][] = [
  [[500, 500], 128, 1.2, 1.1],
  [[2000, 2000, 2000, 2000], 64, 1.0, 1.0],
  [[2000, 2000, 2000, 2000], 500, 0.9, 0.85],
]

const name = (units: readonly number[]): string =>
  `784-${new Set(units).size === 1 && units.length > 2 ? `${units[0]}x${units.length}` : units.join('-')}`

function speedJobs(): SpeedJob[] {
  const jobs: SpeedJob[] = []
  for (const threads of [2, 1] as const)
    for (const [units, batch, two, one] of STEPS)
      for (const precision of ['float32', 'int8'] as const) {
        const target = threads === 2 ? two : one
        const wide = precision === 'int8' && batch === 500 && threads === 2
        const own = precision === 'float32' ? target : wide ? 2.0 : undefined
        jobs.push({
          kind: 'speed',
          id: `speed-${name(units)}-${batch}-${threads}-${precision === 'int8' ? 'int8' : 'shared'}`,
          title: `${name(units)}, ${batch} + ${batch}${precision === 'int8' ? ', 8 bits' : ''}`,
          units,
          batch,
          threads,
          precision,
          ...(own !== undefined && { target: own }),
          ...(wide && { bfloat16Target: 1.1 }),
        })
      }
  return jobs
}

/** Training jobs by the table of docs/results.md in which they stand. */
export const TRAINING: Readonly<Record<string, readonly Omit<TrainingJob, 'kind'>[]>> = {
  accuracy: FORWARD_FORWARD,
  trifecta: TRIFECTA,
  'vae-layer': VAE_LAYER,
  uff: UFF,
  'equilibrium-propagation': EQUILIBRIUM_PROPAGATION,
  'hopfield-vae': HOPFIELD_VAE,
  'target-propagation': TARGET_PROPAGATION,
  tables: TABLES,
  'local-heads': LOCAL_HEADS,
  'channel-goodness': CHANNEL_GOODNESS,
  'covariance-goodness': COVARIANCE_GOODNESS,
  'predictive-coding': PREDICTIVE_CODING,
  broadcast: BROADCAST,
  nice: NICE,
  'spike-alignment': SPIKE_ALIGNMENT,
  'rec-lra': REC_LRA,
  'sparse-cells': SPARSE_CELLS,
}

/** Steps timed against their twins. */
const RULE_SPEEDS: readonly Omit<RuleSpeedJob, 'kind'>[] = [
  ...TRIFECTA_SPEED,
  ...VAE_LAYER_SPEED,
  ...UFF_SPEED,
  ...EQUILIBRIUM_PROPAGATION_SPEED,
  ...HOPFIELD_VAE_SPEED,
  ...TARGET_PROPAGATION_SPEED,
  ...PREDICTIVE_CODING_SPEED,
  ...NICE_SPEED,
  ...SPIKE_ALIGNMENT_SPEED,
  ...LOCAL_HEADS_SPEED,
]

export const JOBS: readonly Job[] = [
  { kind: 'output', id: 'start', title: 'npm start', arguments: ['train', 'forward-forward', '--data', 'glyphs'] },
  ...speedJobs(),
  {
    kind: 'steadiness',
    id: 'steady-784-500-500',
    title: '784-500-500, 128 + 128',
    units: [500, 500],
    batch: 128,
    threads: 2,
  },
  {
    kind: 'pictures',
    id: 'pictures-mnist',
    title: 'backpropagation, 784-500-500, 8 epochs, shifts by up to 2',
    arguments: ['backprop', '--data', 'mnist', '--set', 'units=500,500', '--epochs', '8', '--augment-shift', '2'],
    seeds: [0, 1, 2],
    target: 0.94,
  },
  { kind: 'inference', id: 'inference-784-500-500', title: '784-500-500', units: [500, 500], target: 5 },
  { kind: 'inference', id: 'inference-784-2000x4', title: '784-2000x4', units: [2000, 2000, 2000, 2000] },
  { kind: 'convolution', id: 'convolution-2', title: '3x3 convolution, 64 to 128', threads: 2, target: 1.4 },
  { kind: 'convolution', id: 'convolution-1', title: '3x3 convolution, 64 to 128', threads: 1 },
  { kind: 'layer-times', ...LAYER_TIMES },
  { kind: 'paces', ...PACES },
  ...MEMORY.map((job): MemoryJob => ({ kind: 'memory', ...job })),
  ...RULE_SPEEDS.map((job): RuleSpeedJob => ({ kind: 'rule-speed', ...job })),
  ...Object.values(TRAINING).flatMap((jobs) => jobs.map((job): TrainingJob => ({ kind: 'training', ...job }))),
  ...JUDGED.map((job): JudgeJob => ({ kind: 'judge', ...job })),
  ...TUNED.map((job): TunedJob => ({ kind: 'tuned', ...job })),
  ...STUDIES.map((job): StudyJob => ({ kind: 'study', ...job })),
  ...LEAST_SQUARES.map((job): LeastSquaresJob => ({ kind: 'least-squares', ...job })),
]
