const parzen = 'src/tune/tpe/parzen.ts'
const pruners = 'src/tune/pruners.ts'
const record = 'src/tune/record.ts'
const journal = { tests: 'tune/journal' }
const samplers = {
  tests: 'tune/samplers',
  names: 'values of the specification|is exact|formulas|weights and widths|density|complete',
}

export default [
  {
    what: 'a study reads the test samples',
    file: 'src/train/closing.ts',
    find: 'wanted === false ? {} : ',
    replace: '',
    tests: 'tune/tune',
    names: 'without its test samples',
  },
  {
    what: 'the narrowest component of TPE is a little narrower',
    file: parzen,
    find: 'const least = range / Math.min(100, 2 + n)',
    replace: 'const least = range / Math.min(100, 3 + n)',
    ...samplers,
  },
  {
    what: 'the outermost points are as wide as the way to the bounds',
    file: parzen,
    find: 'const left = rank > 0 ? at(rank) - at(rank - 1) : 0',
    replace: 'const left = rank > 0 ? at(rank) - at(rank - 1) : at(rank) - low',
    ...samplers,
  },
  {
    what: 'steps are not integrated over their cells',
    file: parzen,
    find: 'if (step === undefined) {',
    replace: 'if (step !== undefined) {',
    ...samplers,
  },
  {
    what: 'running trials are forgotten',
    file: 'src/tune/tpe/split.ts',
    find: "isFinished(trial) || trial.state === 'running' || hasDiverged(trial)",
    replace: 'isFinished(trial) || hasDiverged(trial)',
    ...samplers,
  },
  {
    what: 'the variance of the process is the prior alone',
    file: 'src/tune/gp/posterior.ts',
    find: 'explained += k[i]! * solved[i]!',
    replace: 'explained += 0',
    ...samplers,
  },
  {
    what: 'settings may come twice',
    file: 'src/tune/suggest.ts',
    find: '!taken.has(keyOf(params)) && asked.isPossible(params)',
    replace: 'asked.isPossible(params)',
    tests: 'tune/samplers',
    names: 'no point is given twice',
  },
  {
    what: 'the median pruner goes by the last report',
    file: pruners,
    find: 'return Math.min(...own) > middle',
    replace: 'return own.at(-1)! > middle',
    tests: 'tune/pruners',
  },
  {
    what: 'one trial more goes on at each rung',
    file: pruners,
    find: 'Math.max(1, Math.floor(all.length / eta))',
    replace: 'Math.max(1, Math.ceil(all.length / eta))',
    tests: 'tune/pruners',
  },
  {
    what: 'an interrupted trial rivals the one that stands for it',
    file: pruners,
    find: 'other.number !== trial.number && !isInterrupted(other)',
    replace: 'other.number !== trial.number',
    tests: 'tune/pruners',
  },
  {
    what: 'an enqueued trial that was interrupted is lost',
    file: record,
    find: 'if (fixed && !isReplaced) {',
    replace: 'if (fixed && isReplaced) {',
    ...journal,
  },
  {
    what: 'an enqueued trial waits again twice',
    file: record,
    find: 'if (fixed && !isReplaced) {',
    replace: 'if (fixed) {',
    ...journal,
  },
  {
    what: 'an interrupted trial keeps its turn',
    file: 'src/tune/study.ts',
    find: 'trials.filter((trial) => !isInterrupted(trial)).map(turnOf)',
    replace: 'trials.map(turnOf)',
    ...journal,
  },
  {
    what: 'a finished trial is changed',
    file: 'src/tune/journal.ts',
    find: "if (!trial || (trial.state !== 'running' && trial.state !== 'waiting')) return",
    replace: 'if (!trial) return',
    ...journal,
  },
  {
    what: 'a torn line is refused',
    file: 'src/tune/journal.node.ts',
    find: "text.split('\\n').slice(0, -1)",
    replace: "text.split('\\n').filter((line) => line !== '')",
    ...journal,
  },
  {
    what: 'a study that was killed is the same, whatever its trials reported on the way',
    file: 'bench/study-figures.ts',
    find: 'params: Object.entries(params).sort(), values, reports: [...reports] })',
    replace: 'params: Object.entries(params).sort(), values })',
    tests: 'bench/study',
  },
  {
    what: 'a trial that was cut off counts as finished',
    file: 'bench/study-figures.ts',
    find: '.includes(trial.state) && !isInterrupted(trial)',
    replace: '.includes(trial.state)',
    tests: 'bench/study',
  },
]
