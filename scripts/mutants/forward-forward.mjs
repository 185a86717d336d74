const rule = 'src/rules/forward-forward/forward-forward.ts'
const first = 'src/rules/forward-forward/first-layer.ts'
const hybrids = 'src/rules/forward-forward/hybrids.ts'
const negatives = 'src/nn/negatives.ts'

const tests = { tests: 'rules/forward-forward' }
const layer = { tests: 'rules/first-layer' }

export default [
  {
    what: 'negatives are the first half',
    file: 'src/nn/losses.ts',
    find: '[goodness.slice(0, 0, n), goodness.slice(0, n, 2 * n)]',
    replace: '[goodness.slice(0, n, 2 * n), goodness.slice(0, 0, n)]',
    ...tests,
    names: 'losses and updates',
  },
  {
    what: 'the threshold of the sum is that of the mean',
    file: rule,
    find: "(h.goodness === 'mean' ? 2 : units)",
    replace: '2',
    ...tests,
    names: 'losses and updates',
  },
  {
    what: 'the layer above reads the goodness of the one below',
    file: rule,
    find: 'layer.linear(p.weight, normalize(x), task.precision)',
    replace: 'layer.linear(p.weight, x, task.precision)',
    ...tests,
    names: 'losses and updates',
  },
  {
    what: 'peers are normalised over negatives too',
    file: rule,
    find: 'positives(output).mean(channelAxes(output))',
    replace: 'output.mean(channelAxes(output))',
    ...tests,
    names: 'drive',
  },
  {
    what: 'the drive of peers is gated by the rectifier',
    file: rule,
    find: 'peerLoss(positives(z), running.mean, h.peer)',
    replace: 'peerLoss(positives(z.relu()), running.mean, h.peer)',
    ...tests,
    names: 'drive',
  },
  {
    what: 'the head reads the first layer too',
    file: rule,
    find: 'const from = layers > 1 ? 1 : 0',
    replace: 'const from = 0',
    ...tests,
    names: 'head',
  },
  {
    what: 'a head that starts at zero starts at random',
    file: rule,
    find: "h.headInitial === 'zero' ? { weight: zeros([inputs, classes]) } : dense",
    replace: 'dense',
    ...tests,
    names: 'starts at zero',
  },
  {
    what: 'the neutral label is the first one',
    file: rule,
    find: 'given: constant(1 / classes).broadcastTo([1, 1, classes])',
    replace: 'given: oneHot(range(1), classes).reshape([1, 1, classes])',
    ...tests,
    names: 'head',
  },
  {
    what: 'greedy training keeps the labels in place of the images',
    file: rule,
    find: 'sets.transpose([1, 0, ',
    replace: 'sets.transpose([0, 1, ',
    ...tests,
    names: 'greedy',
  },
  {
    what: 'energies of all layers count',
    file: rule,
    find: '{ sumFrom: h.energyFrom }',
    replace: '{ sumFrom: 0 }',
    ...tests,
    names: 'energies',
  },
  {
    what: 'the label does not count in the length of the input',
    file: first,
    find: '.sum(-1).add(codeSquare)',
    replace: '.sum(-1)',
    ...layer,
  },
  {
    what: "an image's factor leaves out its label",
    file: first,
    find: '        .mul(factor.reshape([1, n, 1]))\n',
    replace: '',
    ...layer,
  },
  {
    what: 'the code stands beside the first pixels, not in their place',
    file: first,
    find: 'slice(1, classes, pixels)',
    replace: 'slice(1, 0, pixels - classes)',
    ...layer,
  },
  {
    what: 'the successor of an image is itself',
    file: hybrids,
    find: 'x.slice(0, 1 % n, n)',
    replace: 'x.slice(0, 0, n)',
    tests: 'rules/hybrids',
  },
  {
    what: 'the true label may be drawn',
    file: negatives,
    find: 'inside.add(inside.greaterEqual(labels)',
    replace: 'inside.add(inside.greater(labels)',
    tests: 'nn/negatives',
  },
]
