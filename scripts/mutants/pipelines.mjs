// Pipelines: where a step is cut, and what is left when workers die.
const cut = 'src/distributed/pipeline/cut.ts'
const places = 'src/distributed/pipeline/places.ts'
const edge = 'src/distributed/pipeline/edge.ts'
const lease = 'src/distributed/pipeline/lease.ts'
const saver = 'src/distributed/pipeline/saver.ts'
const source = 'src/distributed/pipeline/source.ts'
const worker = 'src/distributed/pipeline/worker.ts'
const tasks = 'src/distributed/chapters/tasks.ts'

const cuts = { tests: 'distributed/cut', names: 'uff, defaults|covariance' }
const killed = { tests: 'distributed/killed' }
const whole = { tests: 'distributed/pipeline' }

export default [
  {
    what: 'stages above read samples of their own',
    file: cut,
    find: 'else if (isSample && stage > 0) taken.add(x)',
    replace: 'else if (isSample && stage > 99) taken.add(x)',
    ...cuts,
  },
  {
    what: 'what a stage hands up asks for nothing from below',
    file: cut,
    find: '[...[...state, ...metrics].map(({ output }) => output), ...handed]',
    replace: '[...state, ...metrics].map(({ output }) => output)',
    ...cuts,
  },
  {
    what: 'a stage may learn from a higher one',
    file: places,
    find: 'if (home > top.last) top = { name: source, last: home }',
    replace: 'if (home > 99) top = { name: source, last: home }',
    tests: 'distributed/cut',
    names: 'backprop',
  },
  {
    what: 'a second writer is taken for the first',
    file: edge,
    find: '            await lease.check()\n',
    replace: '            return\n',
    ...killed,
  },
  {
    what: 'a lease is taken while its holder lives',
    file: lease,
    find: 'performance.now() - seen!.since >= silence',
    replace: 'true',
    tests: 'distributed/killed',
    names: 'a lease is not taken',
  },
  {
    what: 'a stage is kept without where its input was read',
    file: saver,
    find: 'await begun(state, { chunk, at, object, sequence, epochs, isOver: false })',
    replace: 'await begun(state, { chunk: 0, at, object, sequence, epochs, isOver: false })',
    ...killed,
  },
  {
    what: 'a message that comes twice counts twice',
    file: source,
    find: 'if (number <= place.chunk) continue',
    replace: 'if (number < place.chunk) continue',
    tests: 'distributed/stage',
  },
  {
    what: 'a gap is passed over',
    file: source,
    find: 'if (number > place.chunk + 1)',
    replace: 'if (number > place.chunk + 99)',
    tests: 'distributed/stage',
  },
  {
    what: 'a message that was damaged is taken',
    file: 'src/distributed/message.ts',
    find: 'if (headers[CRC] !== crc) fail(',
    replace: 'if (false) fail(',
    tests: 'distributed/stage',
  },
  {
    what: 'a refusal names no option that would help',
    file: 'src/distributed/pipeline/remedy.ts',
    find: '.cuts.length >= stages - 1',
    replace: '.cuts.length < 0',
    tests: 'cli/up',
  },
  {
    what: 'who joins takes the stage of a worker that is about to begin',
    file: 'src/distributed/pipeline/lease.ts',
    find: 'for (let stage = stages - 1; stage >= 0; stage--) {',
    replace: 'for (let stage = 0; stage < stages; stage++) {',
    tests: 'distributed/stage',
  },
  {
    what: 'a stopped pipeline has no end',
    file: source,
    find: 'if (await values.get(stopKey)) break',
    replace: 'if (await values.get(stopKey)) return',
    ...whole,
  },
  {
    what: 'nobody waits for the stage above',
    file: worker,
    find: 'while (chunk > most && !stop.aborted) {',
    replace: 'while (chunk > most + 99 && !stop.aborted) {',
    tests: 'distributed/stage',
  },
  {
    what: 'a chapter learns from the layers below as they were before it',
    file: tasks,
    find: '({ layer: below, chapter })',
    replace: '({ layer: below, chapter: Math.max(0, chapter - 1) })',
    tests: 'distributed/chapters',
  },
  {
    what: 'a run by chapters goes on with weights that are removed',
    file: 'src/distributed/chapters/train.ts',
    find: 'if (!removed.includes(true)) return chapter',
    replace: 'return chapter',
    tests: 'distributed/chapters',
    names: 'goes on from the weights',
  },
  {
    what: 'a worker by chapters takes other data',
    file: 'src/distributed/chapters/here.ts',
    find: '  trainingOf(data, manifest, settings.options)\n',
    replace: '',
    tests: 'distributed/chapters',
    names: 'compute something else',
  },
  {
    what: 'a worker by chapters trains other layers',
    file: 'src/distributed/chapters/here.ts',
    find: ' && layers.every(isSame)',
    replace: '',
    tests: 'distributed/chapters',
    names: 'compute something else',
  },
  {
    what: 'by what an earlier sitting made, the time that is left is told',
    file: 'src/distributed/chapters/train.ts',
    find: 'if (!before.has(keys.version({ layer, chapter })))',
    replace: 'if (layer >= 0)',
    tests: 'distributed/chapters',
    names: 'goes on from the weights',
  },
  {
    what: 'a pipeline without an address takes any port',
    file: 'src/cli/commands/up/over-nats.ts',
    find: 'port: port ?? (listen === undefined ? undefined : await usualPort(listen))',
    replace: 'port: listen === undefined ? undefined : (port ?? (await usualPort(listen)))',
    tests: 'system/pipeline-machines',
    names: 'a port is taken',
  },
  {
    what: 'nobody is told whom a training waits for',
    file: 'src/distributed/absence.ts',
    find: 'if (seconds < due) return',
    replace: 'if (seconds >= 0) return',
    tests: 'distributed/absence',
  },
  {
    what: 'who is missing is waited for without end',
    file: 'src/distributed/absence.ts',
    find: 'if (seconds >= limit)',
    replace: 'if (seconds >= Number.POSITIVE_INFINITY)',
    tests: 'distributed/absence',
  },
  {
    what: 'the stage of a silent worker is not free',
    file: lease,
    find: '=== revisions[stage]) return stage',
    replace: '=== revisions[stage]) return undefined',
    tests: 'distributed/absence',
  },
  {
    what: 'a run by chapters goes on as another training',
    file: 'src/node.ts',
    find: '    checkNoChapters(path)\n',
    replace: '',
    tests: 'cli/up',
  },
  {
    what: 'a pipeline forgets how it was started',
    file: 'src/cli/commands/up/pipeline.ts',
    find: "{ mode: 'activations', engine: 'nats', ...kept, ...given }",
    replace: "{ mode: 'activations', engine: 'nats', ...given }",
    tests: 'cli/up',
  },
  {
    what: 'who joins does not wait',
    file: 'src/cli/commands/join.ts',
    find: 'if (isUnreachable(error)) return error.message',
    replace: '',
    tests: 'cli/up',
  },
  {
    what: 'a worker does not wait for a server that is away',
    file: 'src/distributed/nats.node.ts',
    find: 'if (!isUnreachable(error)) throw error',
    replace: 'throw error',
    tests: 'distributed/away',
  },
  {
    what: 'options are advised that change nothing',
    file: 'src/distributed/pipeline/remedy.ts',
    find: '.cuts.length >= stages - 1',
    replace: '.cuts.length >= 0',
    tests: 'distributed/pipeline-rules',
    names: 'broadcast',
  },
]
