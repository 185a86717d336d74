// The lab: its address, what it keeps of a training, what is shown of a step, and its server.
const address = 'lab/src/state/address.ts'
const copied = 'lab/src/state/copied.ts'
const experiment = 'lab/src/state/experiment.ts'
const history = 'lab/src/state/history.ts'
const sights = 'lab/src/state/sights.ts'
const look = 'lab/src/session/look.ts'
const phases = 'src/rules/phases.ts'
const layerwise = 'src/rules/layerwise/layerwise.ts'
const watch = 'src/train/watch.ts'
const server = 'src/cli/lab/server.ts'
const offers = 'src/cli/lab/offers.ts'
const file = 'src/train/data-file.ts'

const inAddress = { tests: 'lab/address' }
const inState = { tests: 'lab/state' }
const watched = { tests: 'rules/watch' }
const served = { tests: 'cli/lab' }

export default [
  {
    what: 'undo runs a rule of a link unasked',
    file: 'lab/src/own/unread.ts',
    find: '      isUnread ||= texts.has(text)\n',
    replace: '',
    tests: 'lab/own',
  },
  {
    what: 'a kept training is not found where an old one is open in another tab',
    file: 'lab/src/kept.ts',
    find: 'await forgetKept(old, store)',
    replace: 'await store.remove(old.name)',
    tests: 'lab/kept',
  },
  {
    what: 'the epochs of each layer that learns alone are counted from 1',
    file: 'lab/src/state/epochs.ts',
    find: "schedule === 'greedy' ? ",
    replace: "schedule !== 'greedy' ? ",
    tests: 'lab/session',
  },
  {
    what: 'a rival learns from other samples than the rule it races',
    file: 'lab/src/state/rival.ts',
    find: ", 'limit', 'validation', 'augment']",
    replace: ']',
    ...inAddress,
  },
  {
    what: 'the lab shows what a read-out says before it is solved',
    file: 'lab/src/session/learned.ts',
    find: '    if (readOut && phase < plan.phases) return {}\n',
    replace: '',
    tests: 'lab/session',
  },
  {
    what: 'the lab shows what a network says whose upper layers have learned nothing',
    file: 'lab/src/session/learned.ts',
    find: "if (settings.options.schedule !== 'greedy')",
    replace: "if (settings.options.schedule === 'greedy')",
    tests: 'lab/session',
  },
  {
    what: 'a link names any data',
    file: address,
    find: 'if (name === OWN_DATA || ',
    replace: 'if (name !== "" || ',
    ...inAddress,
  },
  {
    what: 'a copied command is more than one',
    file: copied,
    find: '...flags].map(word).join',
    replace: '...flags].join',
    ...inAddress,
  },
  {
    what: 'a packed rule in a link unfolds to any length',
    file: 'lab/src/own/packed.ts',
    find: "if (size > MOST_TEXT) throw new Error('too long')",
    replace: '',
    tests: 'lab/own',
  },
  {
    what: 'no picture of a class of few is held out',
    file: 'lab/src/pictures/classes.ts',
    find: 'count > 1 ? Math.min(9, count - 1) : 9',
    replace: '9',
    tests: 'lab/pictures',
  },
  {
    what: 'weights of another network are gone after a reset',
    file: 'src/browser/worker-session.ts',
    find: 'platform: base, from }',
    replace: 'platform: base }',
    tests: 'browser/session',
  },
  {
    what: 'the latents of VAE layers are those of the other network',
    file: 'src/rules/vae-layer/generator.ts',
    find: 'halves(latentsOf(state, x).at(-1)!).a.reshape',
    replace: 'halves(latentsOf(state, x).at(-1)!).b.reshape',
    tests: 'rules/latents',
  },
  {
    what: 'a value of a link is taken as it is written',
    file: address,
    find: 'into[option.name] = parseValue(option.kind, text, option.name)',
    replace: 'into[option.name] = text',
    ...inAddress,
  },
  {
    what: 'a link may race a rule that there is not',
    file: address,
    find: 'else if (rule.id !== own) found.add(rule.id)',
    replace: 'if (rule?.id !== own) found.add(rule?.id ?? name)',
    ...inAddress,
  },
  {
    what: 'a link races a rule against itself, by its short name',
    file: address,
    find: 'else if (rule.id !== own) found.add(rule.id)',
    replace: 'else if (name !== own) found.add(rule.id)',
    ...inAddress,
  },
  {
    what: 'a link races as many rules as it names',
    file: address,
    find: '[...found].slice(0, MOST_RIVALS)',
    replace: '[...found]',
    ...inAddress,
  },
  {
    what: 'an address leaves the preset out',
    file: address,
    find: "if (preset !== undefined) words.set('preset', preset)",
    replace: '',
    ...inAddress,
  },
  {
    what: 'a command names options as programs do',
    file: copied,
    find: ".replaceAll('.', '-')",
    replace: '',
    ...inAddress,
  },
  {
    what: 'another rule takes the options of the one before',
    file: experiment,
    find: 'return { ...rest, ...preset, rule: id, hyper: {}, options: {}, race',
    replace: 'return { ...rest, ...preset, rule: id, options: {}, race',
    ...inAddress,
  },
  {
    what: 'a curve keeps every point',
    file: history,
    find: 'points.length <= MOST ? points',
    replace: 'points.length <= 1e9 ? points',
    ...inState,
  },
  {
    what: 'what is no number is drawn',
    file: history,
    find: 'if (!Number.isFinite(value)) continue',
    replace: '',
    ...inState,
  },
  {
    what: 'the largest value falls out of its histogram',
    file: sights,
    find: 'Math.min(bins - 1, Math.max(0, at))',
    replace: 'Math.max(0, at)',
    ...inState,
  },
  {
    what: 'of single numbers only the first samples are handed on',
    file: look,
    find: 'size === 1 ? rows : Math.min(rows, SHOWN)',
    replace: 'Math.min(rows, SHOWN)',
    ...inState,
  },
  {
    what: 'a filter has the scale of the one before',
    file: look,
    find: 'let largest = 1e-12\n    for',
    replace: 'let largest = 8\n    for',
    ...inState,
  },
  {
    what: 'feedback is in no phase',
    file: phases,
    find: "ways: ['feedback'],",
    replace: 'ways: [],',
    ...watched,
  },
  {
    what: 'what is seen of negatives are the positives',
    file: layerwise,
    find: 'values.slice(0, k * rows, (k + 1) * rows)',
    replace: 'values.slice(0, 0, rows)',
    ...watched,
  },
  {
    what: 'a rule that shows nothing itself is not seen',
    file: watch,
    find: 'traced.watch() ?? handedUp(traced, blocks, settings)',
    replace: 'traced.watch() ?? { ...handedUp(traced, blocks, settings), metrics: [] }',
    ...watched,
  },
  {
    what: 'the server hands out what lies beside its folders',
    file: server,
    find: '!path.startsWith(root + sep) || ',
    replace: '',
    ...served,
  },
  {
    what: 'a page elsewhere reads what is offered',
    file: server,
    find: 'if (isLoopback(host) && !isLoopback(hostOf(request.headers.host)))',
    replace: 'if (false as boolean)',
    ...served,
  },
  {
    what: 'a frame within the page has the policy of the page',
    file: server,
    find: "type === TYPES['.html'] && body !== index.body",
    replace: 'false as boolean',
    ...served,
  },
  {
    what: 'a run is a path',
    file: offers,
    find: '(list().some((run) => run.name === name) ? join(runs, name, CHECKPOINT) : undefined)',
    replace: 'join(runs, name, CHECKPOINT)',
    ...served,
  },
  {
    what: 'the test samples of a data set come back as those of training',
    file,
    find: "test: split('test', test)",
    replace: "test: split('train', test)",
    ...served,
  },
  {
    what: 'a race is led by the worst',
    file: 'lab/src/state/lead.ts',
    find: 'b.accuracy - a.accuracy',
    replace: 'a.accuracy - b.accuracy',
    tests: 'lab/state',
    names: 'race is led',
  },
  {
    what: 'in a race chance is one standard error',
    file: 'lab/src/state/lead.ts',
    find: '2 * Math.sqrt',
    replace: 'Math.sqrt',
    tests: 'lab/state',
    names: 'race is led',
  },
]
