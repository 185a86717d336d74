const rule = 'src/rules/equilibrium-propagation/equilibrium-propagation.ts'
const network = 'src/rules/equilibrium-propagation/network.ts'
const options = 'src/rules/equilibrium-propagation/options.ts'
const settling = 'src/rules/equilibrium-propagation/settling.ts'
const units = 'src/nn/units.ts'
const contrast = 'src/nn/contrast.ts'
const products = 'src/certificate/products.ts'
const mixing = 'src/certificate/mixing.ts'

const tests = 'rules/equilibrium-propagation'
const gradient = { tests, names: 'the gradient|the bias' }

export default [
  {
    what: 'the centred contrast is divided by beta, not by twice beta',
    file: rule,
    find: 'gap: beta.mul(2)',
    replace: 'gap: beta',
    ...gradient,
  },
  {
    what: 'the negative estimate nudges towards the target',
    file: rule,
    find: 'const minus = at(beta.neg())\n    return { plus: free',
    replace: 'const minus = at(beta)\n    return { plus: free',
    ...gradient,
  },
  {
    what: 'a random sign turns the nudge, but not the contrast',
    file: rule,
    find: 'minus: free, gap, pulled',
    replace: 'minus: free, gap: beta, pulled',
    ...gradient,
  },
  {
    what: 'outputs are pulled less than they yield',
    file: network,
    find: 'share = constant(1).div(beta.add(1))',
    replace: 'share = constant(1).div(beta.mul(2).add(1))',
    ...gradient,
  },
  {
    what: 'the read-out pushes its layer away from the label',
    file: network,
    find: 'response(input.sub(force.mul(beta)))',
    replace: 'response(input.add(force.mul(beta)))',
    ...gradient,
  },
  {
    what: 'the read-out learns from the free state',
    file: rule,
    find: 'pulled.map((state) => state.at(-1)!)',
    replace: 'pulled.map(() => plus.at(-1)!.add(minus.at(-1)!).mul(0.5))',
    ...gradient,
  },
  {
    what: 'every layer has the step size of the first',
    file: options,
    find: 'h[name][k] ?? h[name][0]!',
    replace: 'h[name][0]!',
    tests,
    names: 'step size',
  },
  {
    what: 'predictions stop early, by the whole batch',
    file: rule,
    find: 'resting(net.network), h.freeSweeps)\n    return',
    replace: 'resting(net.network), h.freeSweeps, h.tolerance)\n    return',
    tests,
    names: 'alone and beside',
  },
  {
    what: 'the contrast forgets the mean of the upper layer',
    file: contrast,
    find: 'concat([b.mean, b.difference], 0)',
    replace: 'concat([b.mean, b.mean.mul(0)], 0)',
    tests,
    names: 'contrast keeps|the gradient',
  },
  {
    what: 'feedback from above is lost',
    file: settling,
    find: 'return above ? below.add(',
    replace: 'return above ? below.sub(',
    tests,
    names: 'energy|the gradient',
  },
  {
    what: 'both halves of a sweep move the same layers',
    file: settling,
    find: 'halfSweep(network, states, 0), 1)',
    replace: 'halfSweep(network, states, 0), 0)',
    tests,
    names: 'settling|updates',
  },
  {
    what: 'the residual is that of the first layer alone',
    file: settling,
    find: '.reduce((a, b) => a.maximum(b))',
    replace: '[0]!',
    tests,
    names: 'residual',
  },
  {
    what: 'it settles on after the residual is small',
    file: settling,
    find: 'change.greater(tolerance)',
    replace: 'change.greater(tolerance / 100)',
    tests,
    names: 'residual',
  },
  {
    what: 'a logistic unit answers with another slope',
    file: units,
    find: 'gain: 4, shift: -2',
    replace: 'gain: 3, shift: -2',
    tests,
    names: 'response',
  },
  {
    what: 'a symmetric weight feeds its layer by its backward product',
    file: 'src/certificate/labels.ts',
    find: 'if (meeting.isProduct && !meeting.backwards)',
    replace: 'if (meeting.isProduct)',
    tests: 'certificate/local',
    names: 'settle together',
  },
  {
    what: 'the first product of a weight in the step is taken for its forward one',
    file: products,
    find: "if (!backwards && isProduct && node.op !== 'gather')",
    replace: "if (isProduct && node.op !== 'gather')",
    tests: 'certificate/local',
    names: 'before that weight is used forward',
  },
  {
    what: 'a product in 8 bits is another kind',
    file: mixing,
    find: "['quantizedMatmul', 'matrix product']",
    replace: "['quantizedMatmul', 'quantized product']",
    tests: 'certificate/local',
    names: '8 bits',
  },
  {
    what: 'a stop by the residual counts as what drives a weight',
    file: products,
    find: "(v.tensor.dtype === 'float32' ? v.sources : [])",
    replace: 'v.sources',
    tests,
    names: 'names the feedback',
  },
]
