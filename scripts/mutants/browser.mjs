// Sessions of a page, and what training, runs and networks have for them.
const session = 'src/browser/worker-session.ts'
const gate = 'src/browser/gate.ts'
const wire = 'src/browser/wire.ts'
const followed = 'src/browser/followed.ts'
const link = 'src/browser/link.ts'
const open = 'src/browser/open.ts'
const page = 'src/browser/page-session.ts'
const journal = 'src/browser/journal.ts'
const activities = 'src/train/activities.ts'
const graph = 'src/train/activity-graph.ts'

const tests = { tests: 'test/browser/session' }
const drawn = { tests: 'train/activities' }

export default [
  {
    what: 'a network that is asked between steps is the one of before',
    file: followed,
    find: '    if (known?.version === at) return known.value\n',
    replace: '    if (known) return known.value\n',
    ...tests,
  },
  { what: 'a step makes two', file: gate, find: '      return 1\n', replace: '      return 2\n', ...tests },
  {
    what: 'a training that is held goes on',
    file: gate,
    find: '(held && steps === 0) || isFull()',
    replace: 'isFull()',
    ...tests,
  },
  {
    what: 'a training runs ahead of its reader',
    file: gate,
    find: '(held && steps === 0) || isFull()',
    replace: 'held && steps === 0',
    ...tests,
  },
  {
    what: 'what is asked waits until the training is over',
    file: gate,
    find: '      await breath()\n      await work()\n',
    replace: '      await breath()\n',
    ...tests,
  },
  {
    what: 'a checkpoint between two calls has the place of the first step',
    file: session,
    find: '      standing = { at: now.at, best: now.best }\n',
    replace: '',
    ...tests,
  },
  {
    what: 'a training that was stopped begins anew',
    file: session,
    find: '...{ signal, resume: current, turn: between.turn, test },',
    replace: '...{ signal, turn: between.turn, test },',
    ...tests,
  },
  {
    what: 'a checkpoint is taken while a training runs',
    file: session,
    find: "    if (abort) throw new UserError('the network is being trained: stop the training first')\n",
    replace: '',
    ...tests,
  },
  {
    what: 'a run goes on with another rule',
    file: session,
    find: '  if (kept.rule !== rule) throw',
    replace: '  if (kept.rule === undefined) throw',
    ...tests,
  },
  {
    what: 'a run goes on on other data',
    file: session,
    find: '  if (kept.data !== data.name) throw',
    replace: '  if (kept.data === undefined) throw',
    ...tests,
  },
  {
    what: 'a run of a page does not go on in Node',
    file: 'src/node.ts',
    find: 'deviceAt(NODE_DEVICES, kept.options.device)',
    replace: 'kept.options.device',
    ...tests,
  },
  {
    what: 'errors for people lose their kind on the way',
    file: wire,
    find: "  if (kind === 'user') return new UserError(message)\n",
    replace: '',
    ...tests,
  },
  {
    what: 'what waits for a lost worker is not told',
    file: wire,
    find: '      for (const { reject } of waiting.values()) reject(new UserError(message))\n',
    replace: '',
    ...tests,
  },
  {
    what: 'a lost worker is no lost session',
    file: link,
    find: '    if (isLost) tellLost(message)\n',
    replace: '',
    ...tests,
  },
  {
    what: 'a session that was lost begins anew',
    file: open,
    find: '      if (last) return',
    replace: '      if (!last) return',
    ...tests,
  },
  {
    what: 'a run that begins anew takes the place of the one that is kept before its first epoch',
    file: 'src/browser/page-run.ts',
    find: '      isWorthKeeping = false\n',
    replace: '',
    ...tests,
  },
  {
    what: 'a session that was reset is recovered to the network that was thrown away',
    file: page,
    find: "run.beginsAnew(await call('reset'))",
    replace: "await call('reset')",
    ...tests,
  },
  {
    what: 'a pause is lost while a training waits to begin',
    file: session,
    find: '    await between.begin(paused)\n',
    replace: '    await between.between(async () => undefined)\n    await between.begin(paused)\n',
    ...tests,
  },
  {
    what: 'leaving the loop leaves the training running',
    file: page,
    find: "      if (left) await call('stop').catch(() => undefined)\n",
    replace: '',
    ...tests,
  },
  {
    what: 'what was told before is gone from the journal',
    file: journal,
    find: 'new TextDecoder().decode(before)',
    replace: "''",
    ...tests,
  },
  {
    what: 'the confusion matrix is turned',
    file: 'src/targets/confusion.ts',
    find: 'counts[targets[row]! * classes + said]!++',
    replace: 'counts[said * classes + targets[row]!]!++',
    ...tests,
  },
  {
    what: 'the inputs of activities are all the first one',
    file: activities,
    find: 'Uint32Array.from({ length: split.count }, (_, i) => i)',
    replace: 'new Uint32Array(split.count)',
    ...drawn,
  },
  {
    what: 'of several tensors that a block hands up the first one counts',
    file: graph,
    find: 'x.size >= before.size',
    replace: 'x.size > before.size',
    ...drawn,
  },
  {
    what: 'what is computed from targets counts as an activity',
    file: graph,
    find: 'fromSamples && !fromTargets &&',
    replace: '(fromSamples || fromTargets) &&',
    ...drawn,
  },
]
