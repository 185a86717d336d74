const cut = 'src/stages/cut.ts'
const stages = 'src/runtime/stages.ts'
const wires = 'src/runtime/rings.ts'
const trial = 'src/runtime/trial.ts'

const ofCut = { file: cut, tests: 'stages/cut' }
const running = { tests: 'runtime/stages' }

export default [
  {
    what: 'a stage does not wait for what state is made of',
    find: '      if (writers.has(own)) stack.push(writers.get(own)!)\n',
    replace: '',
    ...ofCut,
  },
  {
    what: 'state stays where it is read, not where it is renewed',
    find: '    if (stageOf.has(to)) stageOf.set(from, stageOf.get(to)!)\n',
    replace: '',
    ...ofCut,
  },
  {
    what: 'a stage passes on what came in as it was before it came',
    find: '.map(({ name, output }) => ({ name, output: get(output) }))',
    replace: '',
    ...ofCut,
  },
  {
    what: 'a stage may have much more than its share',
    find: ' || cost > (BALANCE * whole) / count',
    replace: '',
    ...ofCut,
  },
  {
    what: 'state that does not change is left out',
    find: '(read.has(entry.input.node) || own === 0)',
    replace: 'own === 0',
    ...ofCut,
  },
  {
    what: 'the stages start from the state of an earlier call',
    file: stages,
    find: '    await handOver(staged)\n',
    replace: '    if (batch) staged.away = true\n',
    ...running,
  },
  {
    what: 'what the stages made of their state is forgotten',
    file: stages,
    find: 'await here.load(staged.stateOf, await engine.read(staged.id))',
    replace: 'await engine.read(staged.id)',
    ...running,
  },
  {
    what: 'a stage that was done stays so when another one fails',
    file: stages,
    find: 'await Promise.allSettled(wereDone.map(({ engine }) => engine.undo(id)))',
    replace: 'await wereDone',
    ...running,
  },
  {
    what: 'the error of a stage that only waited is told',
    file: stages,
    find: 'reason.message !== OTHER_FAILED',
    replace: 'reason.message === OTHER_FAILED',
    ...running,
  },
  {
    what: 'a part of the batch is handed over to the stage that asked last',
    file: stages,
    find: '? data.slice() : data',
    replace: '? data : data.slice()',
    ...running,
  },
  {
    what: 'the sender does not wait for a free slot',
    file: wires,
    find: 'step - count < SLOTS',
    replace: 'count >= 0',
    ...running,
  },
  {
    what: 'the receiver does not wait for the sender',
    file: wires,
    find: 'count > step',
    replace: 'count >= 0',
    ...running,
  },
  {
    what: 'short calls decide',
    file: trial,
    find: 'if (seconds < LONG) return { ways }',
    replace: '',
    tests: 'runtime/trial',
  },
  {
    what: 'the first call of a way counts',
    file: trial,
    find: 'own.slice(1)',
    replace: 'own',
    tests: 'runtime/trial',
  },
  {
    what: 'a program that is in stages finds the state that others in stages left as it was',
    file: stages,
    find: 'await bringBack(whole, staged)',
    replace: 'if (!staged) await bringBack(whole)',
    ...running,
  },
  {
    what: 'one array under two names is handed over twice',
    file: stages,
    find: 'handed.has(data.buffer)',
    replace: 'handed.has(name as never)',
    ...running,
  },
  {
    what: 'a stage that cannot be had is run nevertheless',
    file: stages,
    find: "throw new Error('a stage could not be had')",
    replace: '{}',
    ...running,
  },
  {
    what: 'a thread that is gone is asked again and again',
    file: stages,
    find: '        staged.engines = []\n        others = []\n',
    replace: '        staged.away = true\n',
    ...running,
  },
  {
    what: 'state that was handed on twice is not where it was made',
    find: 'while (writers.has(to) && !seen.has(to)) {',
    replace: 'if (writers.has(to)) {',
    ...ofCut,
  },
  {
    what: 'what stages pass on has the name of a metric',
    find: "const prefix = unusedPrefix(graph, 'wire')",
    replace: "const prefix = 'wire'",
    ...ofCut,
  },
  {
    what: 'stages that are slower stay open',
    file: 'src/runtime/client.ts',
    find: '        host.engine.close(inStages).catch(() => undefined)\n',
    replace: '',
    tests: 'runtime/client',
  },
  {
    what: 'stages are opened anew in every call',
    file: 'src/runtime/client.ts',
    find: '        areLowered = true\n',
    replace: '',
    tests: 'runtime/client',
  },
]
