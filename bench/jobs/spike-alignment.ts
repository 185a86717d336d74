import type { RuleSpeedJob, TrainingJob } from '../job.js'

const THREE = [0, 1, 2]

type Job = Omit<TrainingJob, 'kind'>

/** A network by the rule of a preset, its feedback aligned or as it began, and by backpropagation of broadcast. */
const arms = (
  data: string,
  preset: string,
  network: string,
  backprop: readonly string[],
  aligned: Partial<Job>,
): Job[] => {
  const own = ['spike-alignment', '--data', data, '--preset', preset, '--validation', '0']
  return [
    {
      id: `${data}-spike-alignment`,
      title: `Feedback aligned by spikes, ${network}`,
      arguments: own,
      seeds: THREE,
      ...aligned,
    },
    {
      id: `${data}-spike-alignment-fixed`,
      title: `The same network, its feedback as it began`,
      arguments: [...own, '--set', 'align=none'],
      seeds: THREE,
    },
    {
      id: `${data}-spike-alignment-backprop`,
      title: `Backpropagation in the same network`,
      arguments: ['broadcast', '--data', data, '--validation', '0', '--set', 'method=backprop', ...backprop],
      seeds: THREE,
    },
  ]
}

/** To be reached: on MNIST an error below that of fixed feedback, at most 0.5 points above backpropagation's. */
export const JOBS: readonly Job[] = [
  ...arms('mnist', 'mnist', '784-384-192', ['--preset', 'mnist', '--epochs', '8', '--set', 'units=384,192'], {
    against: 'mnist-spike-alignment-backprop',
  }),
  ...arms(
    'glyphs',
    'quick',
    '784-200-100',
    ['--preset', 'quick', '--set', 'units=200,100', '--set', 'rate=0.002', '--set', 'outputRate=0.002'],
    { target: 8 },
  ),
]

/** The step of the alignment phase, which is the first that a training takes. Aimed at: at least 1.0. */
export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = ([2, 1] as const).map((threads) => ({
  id: `speed-spike-alignment-${threads}`,
  title: 'spike-alignment, preset quick, a step of the alignment phase',
  ...{ rule: 'spike-alignment', preset: 'quick', data: 'glyphs', batch: 50, threads },
  ...{ twin: 'spike_alignment_twin.py', case: 'quick' },
}))
