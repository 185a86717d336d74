import type { LayerCertificate } from '../../src/certificate/certificate.js'
import type { TrainEvent } from '../../src/train/events.js'

const reads: LayerCertificate['reads'] = { labels: 'input' }

export const START: TrainEvent = {
  event: 'start',
  rule: 'forward-forward',
  source: 'code',
  data: 'glyphs',
  seed: 0,
  device: 'cpu',
  precision: 'float32',
  epochs: 2,
  batch: 100,
  batchesPerEpoch: 90,
  trainingImages: 9000,
  validationImages: 1000,
  parameters: 648010,
  peakActivationBytes: 3 * 2 ** 20,
  stateBytes: 7.5 * 2 ** 20,
  certificate: {
    local: true,
    layers: [
      {
        layer: 0,
        name: 'layer 0',
        learns: true,
        window: 1,
        depth: 1,
        inside: 1,
        reads: { ...reads, choice: { blocks: [1], bits: Math.log2(10) } },
      },
      { layer: 1, name: 'layer 1', learns: true, window: 1, depth: 1, inside: 1, reads },
    ],
  },
  run: 'runs/forward-forward-glyphs-1',
}

export const PROGRESS: TrainEvent = {
  event: 'progress',
  epoch: 1,
  batch: 45,
  progress: 0.25,
  rowsPerSecond: 12345.6,
  secondsLeft: 12,
  metrics: { 'layers.0.loss': 0.5, 'layers.0.separation': 0.81, 'layers.1.loss': 0.25, 'head.loss': 1.5 },
}

export const EPOCH: TrainEvent = {
  event: 'epoch',
  epoch: 1,
  metrics: { 'layers.0.loss': 0.375, 'layers.0.separation': 0.9, 'layers.1.loss': 0.125, 'head.loss': 1 },
  validationAccuracy: 0.951,
  layers: { 'layers.0': 0.912, 'layers.1': 0.9345 },
  seconds: 4.25,
  rowsPerSecond: 12000,
}

export const DONE: TrainEvent = {
  event: 'done',
  testAccuracy: 0.956,
  validationAccuracy: 0.951,
  layers: { 'layers.0': 0.92, 'layers.1': 0.94 },
  seconds: 8.5,
  rowsPerSecond: 12100,
  run: 'runs/forward-forward-glyphs-1',
}
