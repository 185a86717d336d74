// Figures of each class, and what is written of runs: the list, reports, logs.
const classes = 'src/targets/class.ts'
const labels = 'src/targets/labels.ts'

export default [
  {
    what: 'rows and columns of the confusion matrix are taken for each other',
    file: classes,
    find: 'counts[targets[row]!]![said]! += 1',
    replace: 'counts[said]![targets[row]!]! += 1',
    tests: 'targets/targets',
    names: 'each class has its precision',
  },
  {
    what: 'a sample of which nothing is said counts for the first class',
    file: classes,
    find: 'if (said >= 0) counts[targets[row]!]![said]!',
    replace: 'counts[targets[row]!]![Math.max(0, said)]!',
    tests: 'targets/targets',
    names: 'each class has its precision',
  },
  {
    what: 'a label counts as hit where it is wanted alone',
    file: labels,
    find: 'own.hits += Number(said && wanted)',
    replace: 'own.hits += Number(wanted)',
    tests: 'targets/targets',
    names: 'each label has its precision',
  },
]
