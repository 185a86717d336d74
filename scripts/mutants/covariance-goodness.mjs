const energies = 'src/nn/energies.ts'
const rule = 'src/rules/covariance-goodness/covariance-goodness.ts'

const tests = { tests: 'rules/covariance-goodness' }

export default [
  {
    what: 'cells are squared before they are averaged',
    file: energies,
    find: 'averagePool2d(y, k).square()',
    replace: 'averagePool2d(y.square(), k)',
    tests: 'nn/energies',
    names: 'cells',
  },
  {
    what: 'groups keep their scale',
    file: energies,
    find: 'concat(groups.map(standardised), 1)',
    replace: 'concat(groups.map((group) => group.reshape([group.shape[0]!, -1])), 1)',
    tests: 'nn/energies',
    names: 'energies',
  },
  {
    what: 'the windows of a grid leave the last rows out',
    file: energies,
    find: 'side - (grid - 1) * stride',
    replace: 'stride',
    tests: 'nn/energies',
    names: 'grid',
  },
  {
    what: 'every layer of a group has a loss',
    file: rule,
    find: '(i + 1) % h.window === 0',
    replace: 'true',
    ...tests,
    names: 'group',
  },
  {
    what: 'a wide map is pooled by its height alone',
    file: energies,
    find: '[window(height), window(width)], [stride(height), stride(width)]',
    replace: 'window(height), stride(height)',
    tests: 'nn/energies',
    names: 'wider',
  },
]
