// Figures of each class, and what is written of runs: the list, reports, logs.
const classes = 'src/targets/class.ts'
const labels = 'src/targets/labels.ts'
const layout = 'src/draw/certificate-layout.ts'
const run = 'src/kept/run.node.ts'
const deletion = 'src/kept/delete.node.ts'
const kept = { tests: 'kept/kept' }
const list = { tests: 'cli/runs-list' }
const plots = { tests: 'draw/plots' }
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
  {
    what: 'a run that blew up is called stopped',
    file: run,
    find: "blown ? 'failed' : 'stopped'",
    replace: "'stopped'",
    ...kept,
  },
  {
    what: 'what was trained again after a crash stands in a history twice',
    file: 'src/train/history.node.ts',
    find: '|| before.step <= at',
    replace: '|| true',
    ...kept,
  },
  {
    what: 'settings of the preset are told as settings of the run',
    file: 'src/kept/settings.ts',
    find: 'asked(rule, { preset })',
    replace: 'asked(rule, {})',
    ...kept,
  },
  {
    what: 'a run that is trained may be deleted',
    file: deletion,
    find: 'if (holder !== undefined) throw new UserError(',
    replace: 'if (holder === path) throw new UserError(',
    ...kept,
  },
  {
    what: 'a deletion takes whatever lies in the folder',
    file: deletion,
    find: 'FILES.some((own) => own.test(name))',
    replace: 'true',
    ...kept,
  },
  {
    what: 'a link is deleted as the folder that it leads to',
    file: deletion,
    find: '?.isSymbolicLink()',
    replace: '?.isFIFO()',
    ...kept,
  },
  {
    what: 'deleting asks nobody and is not refused',
    file: 'src/cli/runs/delete.ts',
    find: 'if (!process.stdin.isTTY) {',
    replace: 'if (process.stdin.isTTY !== true) return true\n  if (!process.stdin.isTTY) {',
    ...list,
  },
  {
    what: 'the worst figure comes first',
    file: 'src/cli/runs/sort.ts',
    find: "=== 'smaller' ? value : -value",
    replace: "=== 'smaller' ? -value : value",
    ...list,
  },
  {
    what: 'numbers of axis labels are cut to two decimals',
    file: 'src/draw/plot.ts',
    find: '.replaceAll(/ (?:d|x|y|x1|x2|y1|y2|cx|cy|width|height|transform|fill-opacity|stroke-opacity)="[^"]*"/g, shorter)',
    replace: '.replaceAll(/[^<>]*/g, shorter)',
    ...plots,
  },
  {
    what: 'rows and columns of a drawn confusion matrix are taken for each other',
    file: 'src/draw/confusion.ts',
    find: 'classes[from]} taken for',
    replace: 'classes[to]} taken for',
    ...plots,
  },
  {
    what: 'a curve with a number that is none is drawn with it',
    file: 'src/draw/curves.ts',
    find: 'points.filter(([, y]) => Number.isFinite(y))',
    replace: 'points.filter(([, y]) => y !== undefined)',
    ...plots,
  },
  {
    what: 'principal components are not centred',
    file: 'src/report/embedding.ts',
    find: 'values[i]! - means[i % size]!',
    replace: 'values[i]! - 0 * means[i % size]!',
    tests: 'report/embedding',
  },
  {
    what: 'names in a report are markup',
    file: 'src/report/page.ts',
    find: "scope: tag === 'th' ? 'col' : i === 0 ? 'row' : undefined },\n      escaped(text),",
    replace: "scope: tag === 'th' ? 'col' : i === 0 ? 'row' : undefined },\n      text,",
    tests: 'report/report',
    names: 'several runs',
  },
  {
    what: 'a report may load from anywhere',
    file: 'src/report/page.ts',
    find: "default-src 'none'; ",
    replace: '',
    tests: 'report/report',
    names: 'becomes one file',
  },
  {
    what: 'a block is fed what comes back down through its weights',
    file: 'src/rules/activities.ts',
    find: 'isProduct && !backwards',
    replace: 'isProduct || backwards',
    tests: 'rules/activities',
  },
  {
    what: 'sets of labels are taken for samples',
    file: 'src/rules/activities.ts',
    find: 'tensor.reshape([rows, task.batch, ...one]).mean(0)',
    replace: 'tensor.reshape([task.batch, rows, ...one]).mean(1)',
    tests: 'rules/activities',
  },
  {
    what: 'the importance of a setting goes by the worst trials',
    file: 'src/tune/importance.ts',
    find: 'lossOf(a) - lossOf(b)',
    replace: 'lossOf(b) - lossOf(a)',
    tests: 'tune/importance',
  },
]
