// Figures of each class, and what is written of runs: the list, reports, logs.
const classes = 'src/targets/class.ts'
const labels = 'src/targets/labels.ts'
const layout = 'src/draw/certificate-layout.ts'
const drawn = { tests: 'draw/certificate' }

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
  {
    what: 'feedback through forward weights is drawn as any other',
    file: layout,
    find: "kind: feedback.transport ? 'transport' : 'feedback'",
    replace: "kind: 'feedback'",
    ...drawn,
  },
  {
    what: 'a choice is drawn from one block alone',
    file: layout,
    find: 'rowsFrom(choice?.blocks ?? [])',
    replace: 'rowsFrom(choice?.blocks.slice(-1) ?? [])',
    ...drawn,
  },
  {
    what: 'two lines may share a lane',
    file: layout,
    find: 'lane.every(([a, b]) => to < a || b < from)',
    replace: 'true',
    ...drawn,
  },
  {
    what: 'the name of a layer is markup',
    file: 'src/draw/svg.ts',
    find: ".replaceAll('<', '&lt;')",
    replace: '',
    ...drawn,
  },
]
