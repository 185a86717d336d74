// What can lose a run, or go on with it wrongly.
const checkpoint = 'src/train/checkpoint.ts'
const safetensors = 'src/data/own/read/safetensors.ts'
const files = 'src/files.node.ts'
const folder = 'src/train/run-folder.node.ts'
const lock = 'src/lock.node.ts'
const holder = 'src/holder.node.ts'
const train = 'src/train/train.ts'
const standing = 'src/train/standing.ts'
const epoch = 'src/train/epoch.ts'
const judge = 'src/train/judge.ts'
const trainer = 'src/train/trainer.ts'
const classes = 'src/targets/class.ts'
const firstState = 'src/train/first-state.ts'
const plan = 'src/train/plan.ts'
const noise = 'src/train/noise.ts'
const score = 'src/train/score.ts'

const resume = { tests: 'train/resume' }
const run = { tests: 'train/run-folder' }
const locks = { tests: 'test/lock' }

export default [
  {
    what: 'a checkpoint takes its name before it is whole',
    file: files,
    find: "    const file = files.openSync(part, 'w', mode)\n",
    replace: "    const file = files.openSync(path, 'w', mode)\n",
    ...run,
  },
  {
    what: 'a failed write leaves its part behind',
    file: files,
    find: '    files.rmSync(part, { force: true })\n',
    replace: '',
    ...run,
  },
  {
    what: 'a write that takes a part of the bytes is taken for a whole one',
    file: files,
    find: 'for (let done = 0; done < bytes.length; ) done += files.writeSync(file, bytes, done, bytes.length - done)',
    replace: 'files.writeSync(file, bytes, 0, bytes.length)',
    ...run,
  },
  {
    what: 'half a line that a crash left stays in the journal',
    file: files,
    find: 'if (length < text.length) fs.truncateSync(path, length)',
    replace: '',
    ...run,
  },
  {
    what: 'a new run is put over an old one',
    file: folder,
    find: 'if (isTaken && !isUnborn(folder))',
    replace: 'if (false)',
    ...run,
  },
  {
    what: 'a run that takes the place of a pipeline or a federation becomes one',
    file: folder,
    find: 'remove(folder, [METRICS, ...MACHINE_FILES])',
    replace: 'remove(folder, [METRICS])',
    ...run,
  },
  {
    what: 'a pipeline or a federation that is taken back leaves how it was started',
    file: folder,
    find: 'remove(path, [CONFIG, METRICS, ENVIRONMENT, ...MACHINE_FILES])',
    replace: 'remove(path, [CONFIG, METRICS, ENVIRONMENT])',
    ...run,
  },
  {
    what: 'how a pipeline was started is not deleted with its run',
    file: 'src/kept/delete.node.ts',
    find: '(config|environment|pipeline)',
    replace: '(config|environment)',
    tests: 'kept/kept',
  },
  {
    what: 'a run whose process nobody can see is running for ever',
    file: lock,
    find: 'written !== undefined && Date.now() - written < PATIENCE',
    replace: 'written !== undefined',
    ...locks,
  },
  {
    what: 'a run of another machine is never told as running',
    file: lock,
    find: 'return written !== undefined && Date.now() - written < PATIENCE',
    replace: 'return false',
    ...locks,
  },
  {
    what: 'a run whose process nobody can see is not waited for, and so never deleted',
    file: 'src/kept/delete.node.ts',
    find: '  await awaitFolder(path, waiting)\n',
    replace: '',
    tests: 'kept/kept',
  },
  {
    what: 'a run with a checkpoint is taken back',
    file: folder,
    find: "['lock', CHECKPOINT].some(",
    replace: "['lock'].some(",
    ...run,
  },
  {
    what: 'a lock is taken from a process that lives',
    file: holder,
    find: "return started === holder.started ? 'alive' : 'dead'",
    replace: "return 'dead'",
    ...locks,
  },
  {
    what: 'a process number that lives again is the process that held a lock',
    file: holder,
    find: "return started === holder.started ? 'alive' : 'dead'",
    replace: "return 'alive'",
    ...locks,
  },
  {
    what: 'every container is this one',
    file: holder,
    find: 'if (holder.place === undefined || holder.place !== placeOf())',
    replace: 'if (holder.place === undefined)',
    ...locks,
  },
  {
    what: 'the lock of a process that is gone holds for ever',
    file: holder,
    find: "return (error as NodeJS.ErrnoException).code === 'EPERM'",
    replace: 'return true',
    ...locks,
  },
  {
    what: 'a lock is not given back',
    file: lock,
    find: 'if (isOwn()) fs.rmSync(path, { force: true })',
    replace: '',
    ...locks,
  },
  {
    what: 'the lock of another is given back',
    file: lock,
    find: 'if (isOwn()) fs.rmSync(path, { force: true })',
    replace: 'fs.rmSync(path, { force: true })',
    ...locks,
  },
  {
    what: 'a lock that beats is taken over',
    file: lock,
    find: 'if (read(path)?.text !== seen.text) return',
    replace: '',
    ...locks,
  },
  {
    what: 'a lock does not beat',
    file: lock,
    find: 'fs.writeSync(held, textAt(++beats), 0)',
    replace: '',
    ...locks,
  },
  {
    what: 'a clock that goes back puts off the look at the lock',
    file: lock,
    find: 'if (Math.abs(Date.now() - checkedAt) < BEAT)',
    replace: 'if (Date.now() - checkedAt < BEAT)',
    ...locks,
  },
  {
    what: 'a process that lost its lock puts its file in place',
    file: files,
    find: '    check()\n    files.renameSync',
    replace: '    files.renameSync',
    ...run,
  },
  {
    what: 'what a process began that was taken for dead stays',
    file: folder,
    find: '    clearParts(path, OWN)\n',
    replace: '',
    ...run,
  },
  {
    what: 'a journal that cannot be written ends a training without saving',
    file: 'src/node.ts',
    find: '        failure = error as Error\n        broken.abort()',
    replace: '        throw error',
    tests: 'train/node',
    names: 'journal',
  },
  {
    what: 'tensors of a file change places',
    file: safetensors,
    find: 'bytes: bytes.subarray(8 + length + from, 8 + length + to) }',
    replace: 'bytes: bytes.subarray(bytes.length - to, bytes.length - from) }',
    tests: 'train/safetensors',
  },
  {
    what: 'a file that goes on behind its last tensor is read',
    file: safetensors,
    find: 'if (8 + length + end !== bytes.length)',
    replace: 'if (8 + length + end > bytes.length)',
    tests: 'train/safetensors',
  },
  {
    what: 'tensors that overlap are read',
    file: safetensors,
    find: 'if (from !== end) throw',
    replace: 'if (from > end) throw',
    tests: 'train/safetensors',
  },
  {
    what: 'the state of the best epoch is lost in a checkpoint',
    file: checkpoint,
    find: 'tensors: [...state, ...kept],',
    replace: 'tensors: [...state],',
    ...resume,
    names: 'patient',
  },
  {
    what: 'a training goes on with the checkpoint of another rate or seed',
    file: firstState,
    find: 'if (before !== now)',
    replace: 'if (false)',
    ...resume,
  },
  {
    what: 'a tensor that the network does not have is passed over',
    file: checkpoint,
    find: 'if (extra) throw',
    replace: 'if (false) throw',
    ...resume,
  },
  {
    what: 'a checkpoint without a new option is refused',
    file: firstState,
    find: 'return known.success ?',
    replace: 'return !known.success ?',
    ...resume,
  },
  {
    what: 'a stopped run is not saved',
    file: standing,
    find: 'async *stop() {\n      yield* standing.save()\n',
    replace: 'async *stop() {\n',
    ...resume,
  },
  {
    what: 'the position of a checkpoint lags a batch behind',
    file: trainer,
    find: 'samples: samplesOf(data), position }',
    replace: 'samples: samplesOf(data), position: { ...position, batch: Math.max(0, position.batch - 1) } }',
    ...resume,
  },
  {
    what: 'numbers that blow up are trained on',
    file: epoch,
    find: 'if (broken) {',
    replace: 'if (broken === null) {',
    tests: 'train/stopping',
  },
  {
    what: 'early stopping keeps the last epoch, not the best',
    file: train,
    find: 'if (best && best.epoch !== epoch) {',
    replace: 'if (false) {',
    tests: 'train/stopping',
  },
  {
    what: 'patience ends an epoch late',
    file: judge,
    find: 'epoch - best.epoch >= bench.patience',
    replace: 'epoch - best.epoch > bench.patience',
    tests: 'train/judge',
  },
  {
    what: 'the test images are measured in every epoch',
    file: train,
    find: "measuredSplit(trainer, 'validation', validation, signal)",
    replace: "measuredSplit(trainer, 'validation', config.data.test, signal)",
    tests: 'train/train',
  },
  {
    what: 'programs of a layer that has learned stay',
    file: 'src/train/trainer.ts',
    find: 'if (phase) await programs.letGo(() => true)',
    replace: '',
    tests: 'train/greedy',
    names: 'programs go',
  },
  {
    what: 'programs of a step that is over stay',
    file: 'src/train/traced-plan.ts',
    find: 'epoch > (lastEpochs.get(step) ?? epochs)',
    replace: 'epoch > epochs',
    tests: 'train/greedy',
    names: 'programs go',
  },
  {
    what: 'at its end a training forgets its steps between epochs',
    file: plan,
    find: 'at.phase > 0 ? between : between.slice(0, at.epoch)',
    replace: 'between.slice(0, at.epoch)',
    tests: 'train/plan',
    names: 'counted up to the end',
  },
  {
    what: 'noise is drawn by the batch of the epoch, so that it comes again in each',
    file: plan,
    find: '(phase * epochs + epoch) * batches + batch\n',
    replace: 'batch\n',
    tests: 'train/plan',
  },
  {
    what: 'every epoch has the order of the first',
    file: plan,
    find: '  phase * epochs + epoch\n',
    replace: '  0\n',
    tests: 'train/',
    names: 'order|epoch',
  },
  {
    what: 'labels stand one row off',
    file: classes,
    find: '(row) => targets![row]!)',
    replace: '(row) => targets![(row + 1) % targets!.length]!)',
    tests: 'train/train',
  },
  {
    what: 'two noises of a step are the same numbers',
    file: noise,
    find: 'draw(stream(seed, firstStep + k, key(name)), input',
    replace: "draw(stream(seed, firstStep + k, key('')), input",
    tests: 'train/noise',
  },
  {
    what: 'images that fill up the last batch count twice',
    file: score,
    find: 'rows: Math.min(after, split.count) - first',
    replace: 'rows: after - first',
    tests: 'train/score',
  },
  {
    what: 'scores that are no numbers count as class 0',
    file: 'src/targets/best.ts',
    find: 'if (Number.isNaN(score)) return -1',
    replace: '',
    tests: 'train/score',
  },
]
