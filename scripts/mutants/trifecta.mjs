const rule = 'src/rules/trifecta/trifecta.ts'
const options = 'src/rules/trifecta/options.ts'
const weights = 'src/certificate/weights.ts'
const convolution = 'src/nn/convolution.ts'
const pool = 'src/graph/primitives/pool.ts'

const tests = { tests: 'rules/trifecta' }
const schedule = { ...tests, names: 'schedule' }
const byHand = { ...tests, names: 'by hand' }

export default [
  {
    what: 'hard negatives take the goodness as it is, without alpha',
    file: rule,
    find: 'first!.mul(h.alpha)',
    replace: 'first!',
    ...byHand,
  },
  {
    what: 'the parity of the loss points is swapped',
    file: rule,
    find: 'even: (block: number) => block % 2 === 1, odd: (block: number) => block % 2 === 0',
    replace: 'even: (block: number) => block % 2 === 0, odd: (block: number) => block % 2 === 1',
    ...schedule,
  },
  {
    what: 'epochs begin with an odd mini-batch',
    file: rule,
    find: "batchIndex % 2 === 0 ? 'even' : 'odd'",
    replace: "batchIndex % 2 === 1 ? 'even' : 'odd'",
    ...schedule,
  },
  {
    what: 'no gradient reaches the block below',
    file: rule,
    find: 'window: 2, ',
    replace: '',
    ...schedule,
  },
  {
    what: "a weight's two Adams are one",
    file: rule,
    find: "optimizerOf: 'loss', ",
    replace: '',
    ...tests,
    names: 'two Adams',
  },
  {
    what: 'the label learns in every step',
    file: rule,
    find: "ownAlone: ['label'],",
    replace: '',
    ...schedule,
  },
  {
    what: 'a fixed label learns',
    file: rule,
    find: "h.label === 'fixed' ? p.label.stopGradient() : p.label",
    replace: 'p.label',
    ...schedule,
  },
  {
    what: 'negatives show the true label',
    file: rule,
    find: 'concat([target, wrong], 0)',
    replace: 'concat([target, target], 0)',
    ...byHand,
  },
  {
    what: 'positives and negatives change places',
    file: rule,
    find: 'concat([target, wrong], 0)',
    replace: 'concat([wrong, target], 0)',
    ...byHand,
  },
  {
    what: 'the first block counts in predictions too',
    file: rule,
    find: 'h.goodnessFrom ?? each.length - 1',
    replace: 'h.goodnessFrom ?? 0',
    ...byHand,
  },
  {
    what: 'in use a batch is normalised by itself',
    file: rule,
    find: '{ training, running }, { scale: p }',
    replace: '{ training: true, running }, { scale: p }',
    ...byHand,
  },
  {
    what: 'layer normalisation has a gain for each channel alone',
    file: rule,
    find: '[inputs, ...places]',
    replace: '[inputs, ...places.map(() => 1)]',
    ...byHand,
  },
  {
    what: 'pixels are not divided by their deviation',
    file: rule,
    find: ".div(perChannel(pixelDeviation, 'pixelDeviation'))",
    replace: '',
    ...byHand,
  },
  {
    what: 'the width scales the channels of the image',
    file: rule,
    find: 'widths[i - 1] ?? channels + 1',
    replace: 'widths[i - 1] ?? Math.max(1, Math.round((channels + 1) * h.width))',
    ...tests,
    names: 'width|parameters',
  },
  {
    what: 'running statistics do not move',
    file: rule,
    find: 'running: normal.running }',
    replace: 'running }',
    ...byHand,
  },
  {
    what: 'pools in other places',
    file: options,
    find: 'poolAfter: [0, 2, 5]',
    replace: 'poolAfter: [1, 2, 5]',
    ...byHand,
  },
  {
    what: 'the offset of a normalisation comes in at the zeros around the image as well',
    file: convolution,
    find: '.add(conv2d(map, weight, options))',
    replace: '.add(weight.sum([2, 3]).matmul(offset.reshape([-1, 1])).reshape([1, -1, 1, 1]))',
    tests: 'nn/normalize',
    names: 'into the kernels',
  },
  {
    what: 'scaled weights are none',
    file: weights,
    find: '(alone ? nameBits : scaledNames)(v)',
    replace: '(alone ? nameBits(v) : 0n)',
    tests: 'certificate/local',
    names: 'times a factor',
  },
  {
    what: "a pooling's rest is put before the windows",
    file: pool,
    find: '[0, shape[axis]! - tiled.shape[axis]!]',
    replace: '[shape[axis]! - tiled.shape[axis]!, 0]',
    tests: 'graph/operations',
    names: 'Pool2d',
  },
]
