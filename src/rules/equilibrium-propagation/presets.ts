import type { Preset } from '../contract.js'

export const presets: Readonly<Record<string, Preset>> = {
  quick: { description: '512 hidden units, 5 epochs (settings ours)', hyper: {}, train: { epochs: 5, batch: 50 } },
  mnist: {
    description: '512 hidden units, 15 epochs (settings ours, chosen on validation images)',
    hyper: {},
    train: { epochs: 15, batch: 100 },
  },
  'p-1h': {
    description: "512 logistic hidden units, one-sided, batches of 20, 30 epochs: the recipe of Ernoult et al.'s code",
    hyper: {
      activation: 'logistic',
      output: 'logistic',
      estimator: 'positive',
      beta: 0.1,
      optimizer: 'sgd',
      freeSweeps: 40,
      nudgedSweeps: 15,
      rates: [0.08, 0.04],
      momentum: 0,
      schedule: 'constant',
    },
    train: { epochs: 30, batch: 20 },
  },
  'cross-entropy': {
    description: 'two hidden layers of 256 under a softmax read-out, 12 epochs (sizes of the hEP MLP, the rest ours)',
    hyper: {
      units: [256, 256],
      activation: 'logistic',
      output: 'cross-entropy',
      beta: 1,
      freeSweeps: 40,
      gains: [1, 0.5, 1],
    },
    train: { epochs: 12, batch: 100 },
  },
  table: {
    description: 'one layer of 100, for tables of numbers (settings ours, chosen by validation)',
    hyper: { units: [100], rates: [0.01], gains: [1] },
    train: { epochs: 100, batch: 32 },
  },
}
