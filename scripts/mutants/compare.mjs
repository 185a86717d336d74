// Comparisons: equal terms, paired statistics, runs that are kept; and what a meter counts.
const paired = 'src/compare/statistics/paired.ts'
const student = 'src/compare/statistics/student.ts'
const power = 'src/compare/statistics/power.ts'
const network = 'src/compare/network.ts'
const contenders = 'src/compare/contenders.ts'
const compare = 'src/compare/compare.node.ts'
const weights = 'src/compare/weights.ts'
const flop = 'src/meter/flop.ts'
const variants = 'src/meter/variants.ts'
const backpropagation = 'src/meter/backpropagation.ts'
const arm = 'src/cli/arm.ts'

const statistics = { tests: 'compare/statistics' }
const terms = { tests: 'compare/terms' }
const runs = { tests: 'compare/compare' }

export default [
  {
    what: 'a table of results calls a rule local whose cells have several products',
    file: 'src/compare/result.ts',
    find: 'inside) > 1)',
    replace: 'inside) > 99)',
    tests: 'cli/certificate',
    names: 'local by cells',
  },
  {
    what: 'a table in LaTeX leaves out what differs',
    file: 'src/cli/compare/formats.ts',
    find: '...notes.map(',
    replace: '...[].map(',
    tests: 'cli/compare',
    names: 'notes as comments',
  },
  {
    what: 'a comparison without a figure counts as done',
    file: 'src/cli/compare/command.ts',
    find: 'if (!hasFigure(event.result))',
    replace: 'if (false)',
    tests: 'cli/compare',
    names: 'no run comes to a figure',
  },
  {
    what: 'tuned arms keep the epochs of the pace before',
    file: compare,
    find: 'await paced(found.contenders, request)',
    replace: 'found.contenders',
    tests: 'compare/tuned-budget',
  },
  {
    what: 'the epochs of tuned arms are measured with each call',
    file: compare,
    find: '[...(kept.tunedEpochs ?? [])]',
    replace: '[...(kept.tunedEpochs?.slice(2) ?? [])]',
    tests: 'compare/tuned-budget',
  },
  {
    what: 'what was found for an arm is not what it is compared with',
    file: 'src/compare/tuning.node.ts',
    find: 'return { hyper: found, options: settings.options }',
    replace: 'return settings',
    tests: 'cli/compare',
    names: 'tuned arms',
  },
  {
    what: 'trials have the seed of a run that is compared',
    file: 'src/compare/tuning.node.ts',
    find: 'options: { seed: TRIAL_SEED }',
    replace: 'options: { seed: 0 }',
    tests: 'cli/compare',
    names: 'tuned arms',
  },
  {
    what: 'the deviation is that of the population',
    file: paired,
    find: '(x - mean) ** 2, 0) / (count - 1))',
    replace: '(x - mean) ** 2, 0) / count)',
    ...statistics,
  },
  {
    what: 'the test has one side',
    file: student,
    find: '2 * stdtr(freedom',
    replace: 'stdtr(freedom',
    ...statistics,
  },
  {
    what: 'the interval is that of one side',
    file: student,
    find: '1 - alpha / 2',
    replace: '1 - alpha',
    ...statistics,
  },
  {
    what: 'differences that do not vary are tested',
    file: paired,
    find: 'deviation === undefined || deviation <= rounding',
    replace: 'deviation === undefined',
    ...statistics,
  },
  {
    what: 'corrected p-values may fall',
    file: paired,
    find: 'Math.max(least, (values.length - rank) * values[i]!)',
    replace: '(values.length - rank) * values[i]!',
    ...statistics,
  },
  {
    what: 'the power is that of independent samples',
    file: power,
    find: 'effect * Math.sqrt(pairs), pairs - 1',
    replace: 'effect * Math.sqrt(pairs / 2), pairs - 1',
    ...statistics,
  },
  {
    what: 'the weight gradient of a convolution costs nothing',
    file: flop,
    find: "    case 'convolutionWeightGradient':\n",
    replace: '',
    tests: 'meter/flop',
  },
  {
    what: 'a loop counts once',
    file: flop,
    find: 'loop.count * counted',
    replace: 'counted',
    tests: 'meter/flop',
  },
  {
    what: 'a checkpointed segment is differentiated at the output of the one above',
    file: variants,
    find: '[cotangent], sources',
    replace: '[cotangent.neg()], sources',
    tests: 'meter/meter',
  },
  {
    what: 'checkpointing keeps the activities of all segments',
    file: variants,
    find: 'segment(starts[k]!, inputs[k]!)], [cotangent]',
    replace: 'inputs[k + 1]!.node.inputs[0]!], [cotangent]',
    tests: 'meter/meter',
  },
  {
    what: 'the gradients of micro-batches replace each other',
    file: variants,
    find: 'sums[i]!.add(g)',
    replace: 'sums[i]!.mul(0).add(g)',
    tests: 'meter/meter',
  },
  {
    what: 'the sums of the gradients are not counted',
    file: backpropagation,
    find: 'added.peakActivationBytes + added.stateBytes - plain.stateBytes',
    replace: 'added.peakActivationBytes',
    tests: 'meter/meter',
  },
  {
    what: 'a preset that states its layers loses them',
    file: network,
    find: 'if (arm === source || isStated(arm)) return arm',
    replace: 'if (arm === source) return arm',
    ...terms,
  },
  {
    what: 'channels are taken for units',
    file: network,
    find: "'units' in hyper && !('poolAfter' in hyper)",
    replace: "'units' in hyper",
    ...terms,
  },
  {
    what: 'a preset loses its epochs',
    file: contenders,
    find: '{ batch, epochs, ...presetOf(arm.rule, arm.preset)?.train }',
    replace: '{ ...presetOf(arm.rule, arm.preset)?.train, batch, epochs }',
    ...terms,
  },
  {
    what: 'figures of other kinds are compared',
    file: contenders,
    find: 'JSON.stringify(own.criterion) !== JSON.stringify(criterion)',
    replace: 'false',
    ...terms,
  },
  {
    what: 'the state of an optimiser is lent',
    file: weights,
    find: "tensors.filter(({ role }) => role !== 'optimizer')",
    replace: 'tensors',
    ...terms,
  },
  {
    what: 'all runs have one seed',
    file: compare,
    find: 'options: { ...options, seed },',
    replace: 'options: { ...options, seed: 0 },',
    ...runs,
  },
  {
    what: 'arms with shared weights begin with their own',
    file: compare,
    find: 'sharing ? await borrowedWeights(sharing, first) : []',
    replace: '[]',
    ...runs,
  },
  {
    what: 'finished runs are trained again',
    file: compare,
    find: 'const kept = readRun(path, seed)',
    replace: "const kept = readRun(join(path, 'no'), seed)",
    ...runs,
  },
  {
    what: 'another comparison goes on in the folder of the first',
    file: compare,
    find: 'if (kept) checkSameComparison(out, kept, now)',
    replace: 'if (kept) keep(out, now)',
    ...runs,
  },
  {
    what: 'epochs that were trained twice count twice',
    file: 'src/train/history.node.ts',
    find: 'all.set(event.step, event)',
    replace: 'all.set(all.size, event)',
    tests: 'compare/run-record',
  },
  {
    what: 'what is set for all arms lies over their own',
    file: arm,
    find: '...readAssignments(rule, shared),\n',
    replace: '',
    tests: 'cli/arm',
  },
  {
    what: 'a comma always parts two options',
    file: arm,
    find: "if (part.includes('=')) assignments.push(part)",
    replace: 'if (true) assignments.push(part)',
    tests: 'cli/arm',
  },
  {
    what: 'a run that was trained for longer is compared with the others',
    file: 'src/compare/compare.node.ts',
    find: "if (existsSync(join(path, 'config.json'))) checkRun(",
    replace: 'if (seed < 0) checkRun(',
    tests: 'report/report',
    names: 'trained for longer',
  },
  {
    what: 'a report takes whatever run lies in the folder of a comparison',
    file: 'src/kept/comparison.node.ts',
    find: '    checkRun(own, {',
    replace: '    if (seed < 0) checkRun(own, {',
    tests: 'report/report',
    names: 'trained for longer',
  },
  {
    what: 'a depth that a rule does not have is told as a mere option',
    file: 'src/cli/commands/meter.ts',
    find: 'if (flags.depth && depthOption(rule))',
    replace: 'if (depths.length < 0)',
    tests: 'meter/meter',
    names: 'the command says',
  },
]
