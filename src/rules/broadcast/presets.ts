import type { Preset } from '../contract.js'

/** EBD's network for CIFAR-10: kernels of 5, 5 and 2, the last with stride 2, and a dense layer of 1024. */
const CIFAR_10 = {
  channels: [128, 64, 64],
  kernels: [5, 5, 2],
  strides: [1, 1, 2],
  poolAfter: [0, 1],
  units: [1024],
}

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'score broadcast, 784-500-500, for glyphs',
    hyper: {},
    train: { epochs: 8, batch: 50 },
  },
  dfa: {
    description: 'direct feedback alignment in the same network, for glyphs',
    hyper: { method: 'dfa' },
    train: { epochs: 8, batch: 50 },
  },
  fa: {
    description: 'feedback alignment in the same network, for glyphs',
    hyper: { method: 'fa' },
    train: { epochs: 8, batch: 50 },
  },
  'kolen-pollack': {
    description: 'feedback that learns as the forward weights do, in the same network, for glyphs',
    hyper: { method: 'kolen-pollack', weightDecay: 0.1 },
    train: { epochs: 8, batch: 50 },
  },
  mnist: {
    description: 'score broadcast, 784-500-500 (rate by validation)',
    hyper: { rate: 0.002, outputRate: 0.002 },
    train: { epochs: 6, batch: 100 },
  },
  'cifar-10': {
    description: "score broadcast, EBD's convolutional net (rates by validation)",
    hyper: { ...CIFAR_10, rate: 0.0003, outputRate: 0.0003 },
    train: { epochs: 10, batch: 20 },
  },
}
