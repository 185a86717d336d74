import type { LayerTimesJob, RuleSpeedJob, TrainingJob } from '../job.js'

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

const ON_CIFAR = { rule: 'local-heads', data: 'cifar-10', batch: 500, threads: 2 } as const

const speed = (
  preset: 's' | 'm',
  way: 'local' | 'backpropagation',
  precision: 'float32' | 'int8',
): Omit<RuleSpeedJob, 'kind'> => ({
  id: `speed-local-heads-${preset}${way === 'local' ? '' : '-backprop'}${precision === 'int8' ? '-int8' : ''}-2`,
  title: `net ${preset.toUpperCase()}, ${way === 'local' ? 'local heads' : way}${precision === 'int8' ? ', 8 bits' : ''}`,
  ...ON_CIFAR,
  ...{ preset, precision, target: precision === 'int8' ? 1.5 : 1 },
  ...(way === 'backpropagation' && { hyper: { heads: 'last', window: 6, readOut: 1 } }),
  // Muon steps all directions alike, those of rounding too: the twin's own memory formats lie 2e-3 apart in the ninth step.
  ...{ twin: 'local_heads_twin.py', case: way, proofBatch: 28, mostApart: 2e-2 },
})

export const SPEED: readonly Omit<RuleSpeedJob, 'kind'>[] = (['s', 'm'] as const).flatMap((preset) =>
  (['local', 'backpropagation'] as const).flatMap((way) =>
    (['float32', 'int8'] as const).map((precision) => speed(preset, way, precision)),
  ),
)

export const LAYER_TIMES: Omit<LayerTimesJob, 'kind'> = {
  id: 'layer-times-local-heads-m-2',
  title: 'net M, local heads',
  ...{ ...ON_CIFAR, preset: 'm' },
}
