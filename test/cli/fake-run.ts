import type { LayerCertificate } from '../../src/locality/certificate.js'
import type { DoneEvent, EpochEvent, ProgressEvent, StartEvent } from '../../src/train/events.js'

const reads: LayerCertificate['reads'] = { labels: 'input', choice: [], feedback: [], transport: false, global: [] }

export const START: StartEvent = {
  event: 'start',
  rule: 'forward-forward',
  source: 'code',
  criterion: { figure: 'accuracy', better: 'larger' },
  data: 'glyphs',
  seed: 0,
  device: 'cpu',
  precision: 'float32',
  epochs: 2,
  batch: 100,
  batchesPerEpoch: 90,
  steps: 180,
  trainingSamples: 9000,
  validationSamples: 1000,
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
        reads: { ...reads, choice: ['head.parameters.weight'] },
      },
      { layer: 1, name: 'layer 1', learns: true, window: 1, depth: 1, reads },
    ],
  },
  run: 'runs/forward-forward-glyphs-1',
}

export const PROGRESS: ProgressEvent = {
  event: 'progress',
  step: 45,
  epoch: 1,
  batch: 45,
  progress: 0.25,
  rowsPerSecond: 12345.6,
  secondsLeft: 12,
  metrics: {
    blocks: { 'layer 0': { loss: 0.5, separation: 0.81 }, 'layer 1': { loss: 0.25 }, head: { loss: 1.5 } },
  },
}

export const EPOCH: EpochEvent = {
  event: 'epoch',
  step: 90,
  epoch: 1,
  metrics: {
    blocks: { 'layer 0': { loss: 0.375, separation: 0.9 }, 'layer 1': { loss: 0.125 }, head: { loss: 1 } },
  },
  validation: {
    network: { accuracy: 0.951 },
    blocks: { 'layer 0': { accuracy: 0.912 }, 'layer 1': { accuracy: 0.9345 } },
  },
  criterion: { figure: 'accuracy', better: 'larger' },
  seconds: 4.25,
  rowsPerSecond: 12000,
}

export const DONE: DoneEvent = {
  event: 'done',
  step: 180,
  test: { network: { accuracy: 0.956 }, blocks: { 'layer 0': { accuracy: 0.92 }, 'layer 1': { accuracy: 0.94 } } },
  validation: EPOCH.validation!,
  seconds: 8.5,
  rowsPerSecond: 12100,
  run: 'runs/forward-forward-glyphs-1',
}
