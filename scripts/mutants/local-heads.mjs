const layer = 'src/rules/local-heads/layer.ts'
const head = 'src/rules/local-heads/head.ts'
const views = 'src/rules/speed-run/views.ts'
const freezing = 'src/rules/speed-run/freezing.ts'

const tests = { tests: 'rules/local-heads' }

export default [
  {
    what: 'a Dirac start of an even size moves the picture',
    file: 'src/nn/convolution.ts',
    find: 'const middle = Math.floor((kernel - 1) / 2)',
    replace: 'const middle = Math.floor(kernel / 2)',
    tests: 'nn/whitening',
    names: 'any size',
  },
  {
    what: 'the first product of a head counts as work of its layer',
    file: 'bench/step-parts.ts',
    find: 'node.id >= own.head',
    replace: 'node.id > own.head',
    tests: 'bench/layer-times',
  },
  {
    what: 'the two losses of predsim exchange their weights',
    file: layer,
    find: 'said.mul(1 - h.similarity)',
    replace: 'said.mul(h.similarity)',
    ...tests,
    names: 'what a layer learns from',
  },
  {
    what: 'similarities are of rows that keep their mean',
    file: head,
    find: 'rows.sub(rows.mean([1], true))',
    replace: 'rows',
    ...tests,
    names: 'similarity',
  },
  {
    what: 'a frozen layer goes on learning',
    file: freezing,
    find: 'progress < (until[i] ?? 1)',
    replace: 'progress <= (until[i] ?? 1)',
    ...tests,
    names: 'freezing',
  },
  {
    what: 'a frozen layer runs its head',
    file: layer,
    find: 'learns || !training',
    replace: 'true',
    ...tests,
    names: 'freezing',
  },
  {
    what: 'a layer that is to stop is moved by the losses above',
    file: 'src/rules/local-heads/options.ts',
    find: 'until.length === 0 || window === 1',
    replace: 'until.length === 0 || window > 0',
    ...tests,
    names: 'freezing',
  },
  {
    what: 'layers without a loss have a head',
    file: layer,
    find: 'hasLoss ? headOf(',
    replace: 'h.heads ? headOf(',
    ...tests,
    names: 'what a layer learns from',
  },
  {
    what: 'a head takes maps for square',
    file: head,
    find: 'sides.map((side) => Math.ceil(side / MAP))',
    replace: 'sides.map(() => Math.ceil(sides[0]! / MAP))',
    ...tests,
    names: 'what a layer learns from',
  },
  {
    what: 'the head of a layer is as wide as the layer',
    file: head,
    find: 'convolution(random, name, channels, h.headUnits, 3',
    replace: 'convolution(random, name, channels, channels, 3',
    tests: 'rules/local-heads-flop',
  },
  {
    what: 'views that moved weigh as much as the others',
    file: views,
    find: 'weight: 1 / 8',
    replace: 'weight: 1 / 4',
    ...tests,
    names: 'views',
  },
  {
    what: 'whitened patches are not divided by their deviation',
    file: 'src/nn/whitening.ts',
    find: '.add(epsilon).sqrt()',
    replace: '.add(epsilon)',
    tests: 'nn/whitening',
    names: 'whitened',
  },
  {
    what: 'a rotation turns the other way',
    file: 'src/nn/eigen.ts',
    find: 'select(off, off.neg())',
    replace: 'select(off.neg(), off)',
    tests: 'nn/whitening',
    names: 'eigen',
  },
  {
    what: 'Muon forgets the momentum of the step itself',
    file: 'src/nn/muon.ts',
    find: 'gradients[i]!.add(moment.mul(momentum))',
    replace: 'moment',
    tests: 'nn/muon',
    names: 'kernels',
  },
]
