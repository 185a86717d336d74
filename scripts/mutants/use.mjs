// What a user is told, and the file that other programs run.
const request = 'src/cli/train/request.ts'
const resume = 'src/cli/train/resume.ts'
const evaluate = 'src/cli/commands/evaluate.ts'
const failure = 'src/cli/failure.ts'
const model = 'src/export/model.ts'
const classes = 'src/targets/class.ts'
const backprop = 'src/rules/backprop.ts'
const ff = 'src/rules/forward-forward/forward-forward.ts'

const options = { tests: 'cli/request' }
const runs = { tests: 'cli/runs', names: 'from training to use' }
const exported = { tests: 'cli/export' }
const forward = { tests: 'rules/forward-forward' }

export default [
  {
    what: 'of a path, flags of named data sets are ignored in silence',
    file: 'src/cli/commands/data.ts',
    find: 'unread !== undefined && existsSync(path)',
    replace: 'false',
    tests: 'cli/own-data',
    names: 'flags of own data',
  },
  {
    what: 'a name of no data set is called a path',
    file: 'src/cli/commands/data.ts',
    find: 'unread !== undefined && existsSync(path)',
    replace: 'unread !== undefined',
    tests: 'cli/own-data',
    names: 'flags of own data',
  },
  {
    what: 'the memory of backpropagation is told beside layers that are not the same',
    file: 'src/cli/train/yardstick.ts',
    find: "rule === backprop.id || !('network' in hyper)",
    replace: "rule === backprop.id || !('units' in hyper)",
    tests: 'cli/yardstick',
  },
  {
    what: 'who must name the rule of a pipeline is told another command',
    file: 'src/cli/run.ts',
    find: 'words.toSpliced(flags < 0 ? words.length : flags, 0, file)',
    replace: "['train', file, ...words.slice(1)]",
    tests: 'cli/own-rule',
  },
  {
    what: 'a hang-up ends a training without saving',
    file: 'src/cli/train/interrupt.ts',
    find: "'SIGHUP', ",
    replace: '',
    tests: 'cli/interrupt',
  },
  {
    what: 'a configuration with a byte order mark is no JSON',
    file: request,
    find: 'JSON.parse(textOf(readFileSync(path)))',
    replace: "JSON.parse(readFileSync(path, 'utf8'))",
    ...options,
  },
  {
    what: 'a seed is read as another number',
    file: 'src/options/values.ts',
    find: '|| isRounded ? undefined',
    replace: '? undefined',
    tests: 'options/options',
  },
  {
    what: 'a number of its own is no other name',
    file: 'src/names.ts',
    find: 'if (a[0] !== b[0] || digits(a) !== digits(b)) return',
    replace: 'if (a[0] !== b[0]) return',
    tests: 'cli/nearest',
  },
  {
    what: 'proxies are passed by',
    file: 'src/data/proxy.node.ts',
    find: '  if (!used) return',
    replace: '  if (used) return',
    tests: 'data/proxy',
  },
  {
    what: 'a folder is taken for a file of its name',
    file: 'src/files.node.ts',
    find: 'return stats.isFile() ? stats.size : undefined',
    replace: 'return stats.size',
    tests: 'data/load',
  },
  {
    what: 'a configuration outweighs the flags',
    file: request,
    find: 'merge(readTexts(TRAINING, (config.training ?? {}) as Values, file), readTrainingFlags(flags))',
    replace: 'merge(readTrainingFlags(flags), readTexts(TRAINING, (config.training ?? {}) as Values, file))',
    ...options,
  },
  {
    what: 'a setting that nobody knows is passed over',
    file: request,
    find: 'else throw unknownName(`setting of a run',
    replace: 'else if (false) throw unknownName(`setting of a run',
    ...options,
  },
  {
    what: 'a run is resumed by another rule',
    file: resume,
    find: 'if (given[key] !== undefined && given[key] !== config[key])',
    replace: 'if (false)',
    ...runs,
  },
  {
    what: 'a stopped run is said to be done',
    file: evaluate,
    find: 'else if (!finished) print(',
    replace: 'else if (false) print(',
    tests: 'cli/runs',
    names: 'whose reader has gone',
  },
  {
    what: 'a layer that says something else is told with its neighbours',
    file: 'src/certificate/words.ts',
    find: 'a.text === b.text && kindOf',
    replace: 'kindOf',
    tests: 'cli/certificate',
  },
  {
    what: 'what a user did wrong is reported as a fault of ours',
    file: failure,
    find: 'if (error instanceof UserError) return',
    replace: 'if (false) return',
    tests: 'cli/usage',
    names: 'user errors|wrong usage',
  },
  {
    what: 'an exported label is that of the lowest score',
    file: classes,
    find: "emitter.raw('ArgMax', ['scores'], ['label']",
    replace: "emitter.raw('ArgMin', ['scores'], ['label']",
    ...exported,
  },
  {
    what: 'an exported file takes its weights from another place',
    file: model,
    find: 'new Uint8Array(data.buffer, data.byteOffset, data.byteLength)',
    replace: 'new Uint8Array(data.byteLength)',
    ...exported,
  },
  {
    what: 'another part of the same memory is taken for the same weight',
    file: 'src/typed-arrays.ts',
    find: 'a.byteOffset === b.byteOffset',
    replace: 'a.byteLength === b.byteLength',
    tests: 'export/free-batch',
  },
  {
    what: 'a list is made of the bytes of weights',
    file: 'src/typed-arrays.ts',
    find: 'a.every((byte',
    replace: '[...a].every((byte',
    tests: 'export/free-batch',
  },
  {
    what: 'an exported file carries the optimiser along',
    file: model,
    find: 'ports.filter((port) => needed.has(port.input))',
    replace: 'ports',
    ...exported,
  },
  {
    what: 'backpropagation leaves the rectifier out',
    file: backprop,
    find: '.add(layer.offset(bias)).relu())',
    replace: '.add(layer.offset(bias)))',
    tests: 'rules/golden',
    names: 'backprop',
  },
  {
    what: 'silent units are driven down',
    file: ff,
    find: 'mean.mean().sub(mean).mul(strength)',
    replace: 'mean.sub(mean.mean()).mul(strength)',
    ...forward,
  },
  {
    what: 'greedy training shows the wrong label twice',
    file: ff,
    find: 'const pair = pairOf(given, batch).map((labels) =>',
    replace: 'const pair = pairOf(given, batch).map((_, __, [, labels]) =>',
    ...forward,
  },
  {
    what: 'a choice among numbers that is typed stays text',
    file: 'src/options/values.ts',
    find: 'return kind.numbers ? Number(text) : text',
    replace: 'return text',
    tests: 'options/options',
    names: 'a choice among numbers',
  },
  {
    what: 'advice names rates that do not count',
    file: 'src/train/not-finite.ts',
    find: 'counting.includes(name) && ',
    replace: 'counting.length > 0 && ',
    tests: 'train/stopping',
    names: 'advice',
  },
  {
    what: '8 bits that round nothing are taken in silence',
    file: 'src/train/eight-bits.ts',
    find: 'if (!programs.some(',
    replace: 'if (!programs || programs.every(',
    tests: 'train/options',
    names: '8 bits',
  },
  {
    what: 'what a loop rounds to 8 bits is not looked at',
    file: 'src/train/eight-bits.ts',
    find: "(op === 'loop' && rounds(resultsOf(attributes)))",
    replace: "op === 'loop'",
    tests: 'train/options',
    names: '8 bits',
  },
]
