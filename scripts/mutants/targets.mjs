// What is counted and said of each kind of target.
const labels = 'src/targets/labels.ts'
const values = 'src/targets/values.ts'

const tests = { tests: 'targets/targets' }

export default [
  {
    what: 'the mean of R2 counts values that never vary',
    file: values,
    find: 'parts.reduce((a, b) => a + b) / parts.length',
    replace: 'parts.reduce((a, b) => a + b) / sums.length',
    ...tests,
  },
  {
    what: 'F1 counts a label that is said and true once',
    file: labels,
    find: '(2 * hits) / claims',
    replace: 'hits / claims',
    ...tests,
  },
  {
    what: 'one right label of a sample makes an exact match',
    file: labels,
    find: 'if (wrong === 0) exact++',
    replace: 'if (wrong < length) exact++',
    ...tests,
  },
  {
    what: 'values are said standardised, not in their own units',
    file: values,
    find: '[name, restored(scores[k]!, targetScale!, k)]',
    replace: '[name, scores[k]!]',
    ...tests,
  },
]
