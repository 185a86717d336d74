const sameBits = 'src/runtime/same-bits.ts'
const threads = 'src/runtime/threads.ts'
const trial = 'src/runtime/trial.ts'
const direct = 'src/runtime/direct-outputs.ts'

const choice = { tests: 'runtime/threads' }
const ofTrial = { tests: 'runtime/trial' }
const bindings = { tests: 'runtime/direct-outputs' }

export default [
  {
    what: 'products are taken for operations whose bits no number of threads changes',
    file: sameBits,
    find: "'maxPool2d', 'loop']",
    replace: "'maxPool2d', 'loop', 'matmul']",
    ...choice,
  },
  {
    what: 'an operation with few results is compared once',
    file: sameBits,
    find: 'Math.min(MIN_COMPARED, Math.ceil(MIN_COMPARED / outputs[0]!.size))',
    replace: '1',
    ...choice,
  },
  {
    what: 'operations that are too large are compared',
    file: sameBits,
    find: 'numbers > MAX_COMPARED ? undefined : { state',
    replace: 'numbers < 0 ? undefined : { state',
    ...choice,
  },
  {
    what: 'bits that differ are the same',
    file: sameBits,
    find: 'if (one[i] !== two[i]) return false',
    replace: '',
    ...choice,
  },
  {
    what: 'one thread is tried where it gives other bits',
    file: threads,
    find: 'if (!(await isSame(engine, graph, [1, threads])) || disposed)',
    replace: 'if ((await isSame(engine, graph, [1, threads])) && disposed)',
    ...choice,
  },
  {
    what: 'one thread goes on where all are faster',
    file: threads,
    find: 'trial.decided?.way === 0) close()',
    replace: 'trial.decided?.way === 2) close()',
    ...choice,
  },
  {
    what: 'the program with one thread stays open when the other is closed',
    file: threads,
    find: "if (one === 'open') await close()",
    replace: '',
    ...choice,
  },
  {
    what: 'the bits are compared at each trial',
    file: threads,
    find: '  known.set(key, same)\n',
    replace: '',
    ...choice,
  },
  {
    what: 'a fixed number of threads is changed',
    file: 'src/runtime/client.ts',
    find: "adapt && device === 'cpu'",
    replace: "device === 'cpu'",
    ...choice,
  },
  {
    what: 'short calls decide',
    file: trial,
    find: 'const counts = seconds >= MIN_TIMED_SECONDS',
    replace: 'const counts = seconds > 0',
    ...ofTrial,
  },
  {
    what: 'the first call of a way counts',
    file: trial,
    find: 'timed: warm && counts ?',
    replace: 'timed: counts ?',
    ...ofTrial,
  },
  {
    what: 'what was decided holds for ever',
    file: trial,
    find: 'if (now.seconds < (isSlower ? TRUSTED_AT_LEAST : TRUSTED_SECONDS))',
    replace: 'if (now.seconds > 0)',
    ...ofTrial,
  },
  {
    what: 'one call each decides, however close they are',
    file: trial,
    find: 'calls < 2 &&',
    replace: 'calls < 1 &&',
    ...ofTrial,
  },
  {
    what: 'a binding that threw before anything was written is trusted',
    file: direct,
    find: 'place.every((value, i) => value === given[i]) ? error : undefined',
    replace: 'error',
    ...bindings,
  },
  {
    what: 'the probe is asked for every program',
    file: direct,
    find: '  known.set(ort, found)\n',
    replace: '',
    tests: 'runtime/in-place',
  },
]
