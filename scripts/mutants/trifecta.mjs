const rule = 'src/rules/trifecta/trifecta.ts'
const network = 'src/rules/trifecta/network.ts'
const products = 'src/certificate/products.ts'
const convolution = 'src/nn/convolution.ts'
const pool = 'src/graph/primitives/pool.ts'

const tests = { tests: 'rules/trifecta' }
const schedule = { ...tests, names: 'schedule' }
const byHand = { ...tests, names: 'by hand' }

export default [
  {
    what: 'hard negatives take the goodness as it is, without alpha',
    file: rule,
    find: 'firstGoodness(state, images, task, h).mul(h.alpha)',
    replace: 'firstGoodness(state, images, task, h)',
    ...byHand,
  },
  {
    what: 'the parity of the loss points is swapped',
    file: rule,
    find: "(i % 2 === 0) !== (parity === 'even')",
    replace: "(i % 2 === 0) === (parity === 'even')",
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
    find: 'y = output\n      if (!hasLoss(i)) continue',
    replace: 'y = output.stopGradient()\n      if (!hasLoss(i)) continue',
    ...schedule,
  },
  {
    what: "a weight's two Adams are one",
    file: rule,
    find: 'optimizers[i] = optimizer\n',
    replace:
      'optimizers[i] = optimizer\n      if (i > 0 && h.overlap) optimizers[i - 1] = { ...(optimizers[i - 1] as object), count: (optimizer as never)["count"] }\n',
    ...tests,
    names: 'two Adams',
  },
  {
    what: 'the label learns in every step',
    file: rule,
    find: "(i === 0 && h.label === 'learned' && { label })",
    replace: "(i < 2 && h.label === 'learned' && { label })",
    ...schedule,
  },
  {
    what: 'a fixed label learns',
    file: rule,
    find: "(i === 0 && h.label === 'learned' && { label })",
    replace: '(i === 0 && { label })',
    ...schedule,
  },
  {
    what: 'negatives show the true label',
    file: rule,
    find: 'concat([labels, wrong], 0)',
    replace: 'concat([labels, labels], 0)',
    ...byHand,
  },
  {
    what: 'positives and negatives change places',
    file: rule,
    find: 'concat([labels, wrong], 0)',
    replace: 'concat([wrong, labels], 0)',
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
    what: 'at inference the image channels share the statistics of the label',
    file: rule,
    find: 'row, channels, channels + 1)',
    replace: 'row, 0, 1)',
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
    file: network,
    find: 'widths[i - 1] ?? shape[0] + 1',
    replace: 'widths[i - 1] ?? Math.max(1, Math.round((shape[0] + 1) * options.width))',
    ...tests,
    names: 'width|parameters',
  },
  {
    what: 'running statistics do not move',
    file: network,
    find: 'next: isBatch ? next : running',
    replace: 'next: running',
    ...byHand,
  },
  {
    what: 'pools in other places',
    file: network,
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
    file: products,
    find: 'own.flatMap((v) => scaledState(v, scaled))',
    replace: '[]',
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
