// Pipelines from the command line, with all workers in this process.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { toGoOn } from '../../src/cli/run.js'
import { makeCredentials, writeCredentials } from '../../src/distributed/credentials.node.js'
import { onward, workFolder } from './onward.js'

const folder = workFolder()
const small = [
  '--data',
  'glyphs',
  '--limit',
  '300',
  '--epochs',
  '1',
  '--batch',
  '20',
  '--threads',
  '1',
  '--set',
  'units=16,12',
]
const uniform = ['forward-forward', ...small, '--set', 'negatives=uniform']

test('a pipeline leaves the file of a training in one process, and its run is used as any other', async () => {
  const up = await onward(folder, 'up', 'pipeline', ...uniform, '--engine', 'memory', '--out', 'up')
  assert.equal(up.code, 0, up.stderr)
  assert.match(up.stdout, /2 workers, all in this process: one machine only; each trains its own layers/)
  assert.match(up.stdout, /At most [\d.]+ times as fast as one worker: the slowest worker has/)
  await onward(folder, 'train', ...uniform, '--out', 'train')
  const [own, wanted] = ['up', 'train'].map((run) => readFileSync(join(folder, run, 'checkpoint.safetensors')))
  assert.deepEqual(own, wanted)
  assert.equal((await onward(folder, 'evaluate', 'up')).code, 0)
})

test('as JSON it tells of its workers, and ends as a training does; chapters too', async () => {
  for (const mode of [[], ['--mode', 'all-layers', '--workers', '1']]) {
    const { code, stdout } = await onward(folder, 'up', 'pipeline', ...uniform, '--engine', 'memory', ...mode, '--json')
    assert.equal(code, 0)
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(events[0].over.engine, 'memory')
    assert.equal(events.at(-1).event, 'done')
    assert.ok(mode.length > 0 || events.some(({ event, workers }) => event === 'workers' && workers.length === 2))
  }
})

test('what cannot be cut is refused as wrong usage, with the reason of the certificate', async () => {
  for (const [args, said] of [
    [
      ['forward-forward', ...small],
      /as it is set: what layer 0 is fed is chosen using layer 1.*Change one option so that it can be: --set negatives=uniform/,
    ],
    [[...uniform, '--workers', '3'], /can be cut into 2 stages here, not into 3: say --workers 2/],
    [[...uniform, '--patience', '2'], /leave patience out/],
    [[...uniform, '--mode', 'weights', '--workers', '3'], /a worker of its own: say --workers 2/],
    [['backprop', ...small], /the gradient of layer 0 passes through/],
  ] as const) {
    const { code, stderr } = await onward(folder, 'up', 'pipeline', ...args, '--engine', 'memory')
    assert.equal(code, 2, stderr)
    assert.match(stderr.replaceAll(/\s+/g, ' '), said)
  }
  const join = await onward(folder, 'join', 'nats://127.0.0.1:1')
  assert.deepEqual([join.code, /Say --credentials FILE/.test(join.stderr)], [2, true])
})

test('a run by chapters goes on as it was started, and not as another training', async () => {
  const chapters = ['--mode', 'all-layers', '--workers', '1', '--engine', 'memory', '--out', 'chapters']
  assert.equal((await onward(folder, 'up', 'pipeline', ...uniform, ...chapters)).code, 0)
  const other = await onward(folder, 'train', '--resume', 'chapters')
  assert.deepEqual([other.code, /go on with onward up pipeline --resume chapters/.test(other.stderr)], [2, true])
  const mode = await onward(folder, 'up', 'pipeline', '--resume', 'chapters', '--mode', 'weights')
  assert.deepEqual([mode.code, /started with --mode all-layers/.test(mode.stderr)], [2, true])
  const again = await onward(folder, 'up', 'pipeline', '--resume', 'chapters')
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /all in this process/)
  writeFileSync(join(folder, 'chapters', 'pipeline.json'), '{')
  const damaged = await onward(folder, 'up', 'pipeline', '--resume', 'chapters')
  assert.deepEqual([damaged.code, /pipeline.json is damaged/.test(damaged.stderr)], [1, true])
})

test('what nobody can join takes nothing about joining', async () => {
  for (const flag of [
    ['--listen', '127.0.0.1'],
    ['--local', '1'],
    ['--port', '4222'],
    ['--wait', '3'],
  ]) {
    const { code, stderr } = await onward(folder, 'up', 'pipeline', ...uniform, '--engine', 'memory', ...flag)
    assert.equal(code, 2)
    assert.match(stderr, new RegExp(`nobody can join what runs in one process: leave ${flag[0]} out`))
  }
  const port = await onward(folder, 'up', 'federated', 'backprop', '--data', 'glyphs', '--port', '70000')
  assert.deepEqual([port.code, /65535/.test(port.stderr)], [2, true])
})

test('names of parties and addresses that cannot be are refused', async () => {
  for (const [args, said] of [
    [['--parties', 'a,,b'], /has an empty one in "a,,b"/],
    [['--parties', 'a,a'], /two clients are called a|nats-server/],
    [['--parties', 'worker-1,a'], /worker-1 is the name of who coordinates|nats-server/],
  ] as const) {
    const { stderr } = await onward(folder, 'up', 'federated', 'backprop', '--data', 'glyphs', ...args, '--wait', '0')
    assert.match(stderr, said)
  }
  const credentials = ['--credentials', 'none.json']
  for (const url of ['http://127.0.0.1', '127.0.0.1:4222', '']) {
    const { code, stderr } = await onward(folder, 'join', url, ...credentials)
    assert.deepEqual([code, /is nats:\/\/HOST:PORT or tls:\/\/HOST:PORT/.test(stderr)], [2, true], stderr)
  }
})

test('who joins waits for a server as long as was asked, and says so', async () => {
  const credentials = join(folder, 'worker.json')
  writeCredentials(credentials, makeCredentials({ run: 'run', role: 'worker', id: 'worker-3' }))
  const begin = performance.now()
  const { code, stderr } = await onward(
    folder,
    'join',
    'nats://127.0.0.1:1',
    '--credentials',
    credentials,
    '--wait',
    '1',
  )
  assert.equal(code, 1)
  assert.ok(performance.now() - begin >= 1000)
  assert.match(stderr, /could not connect to nats:\/\/127.0.0.1:1.*: waiting for at most 1 s more/)
  assert.match(stderr, /and did not within 1 s \(--wait\)/)
})

test('a run over clients is not gone on with on the data of all, together', async () => {
  const given = ['backprop', '--data', 'glyphs', '--limit', '400', '--batch', '20', '--threads', '1']
  const clients = ['--set', 'units=8', '--clients', '2', '--rounds', '1', '--engine', 'memory', '--out', 'fed']
  assert.equal((await onward(folder, 'up', 'federated', ...given, ...clients)).code, 0)
  // It goes on by the engine that it had, and nobody can join that.
  const again = await onward(folder, 'up', 'federated', '--resume', 'fed')
  assert.equal(again.code, 0, again.stderr)
  const joined = await onward(folder, 'up', 'federated', '--resume', 'fed', '--wait', '3')
  assert.deepEqual([joined.code, /nobody can join what runs in one process/.test(joined.stderr)], [2, true])
  for (const other of [['train'], ['up', 'pipeline', '--engine', 'memory']]) {
    const { code, stderr } = await onward(folder, ...other, '--resume', 'fed')
    assert.equal(code, 2)
    assert.match(stderr, /^onward: fed was trained over clients.*: go on with onward up federated --resume fed\n$/)
  }
})

test('a training in the folder of a federation that was killed before its first checkpoint is none over clients', async () => {
  const given = ['train', 'backprop', '--data', 'glyphs', '--limit', '200', '--threads', '1', '--set', 'units=8']
  const [epochs, out] = [(count: string) => ['--epochs', count], ['--out', 'after']]
  mkdirSync(join(folder, 'after/federated'), { recursive: true })
  assert.equal((await onward(folder, ...given, ...epochs('1'), ...out)).code, 0)
  for (const name of ['checkpoint.safetensors', 'metrics.jsonl']) rmSync(join(folder, 'after', name))
  writeFileSync(join(folder, 'after/federated/settings.json'), '{}')
  assert.equal((await onward(folder, ...given, ...epochs('1'), ...out)).code, 0)
  const longer = await onward(folder, 'train', '--resume', 'after', ...epochs('2'))
  assert.equal(longer.code, 0, longer.stderr)
  // The logs of a federation alone make none of a training.
  assert.equal(toGoOn(join(folder, 'after')).includes('up federated'), false)
})

test('a federation that ended before its run kept anything says so, and its folder may be used again', async () => {
  mkdirSync(join(folder, 'early/federated/clients'), { recursive: true })
  const { code, stderr } = await onward(folder, 'up', 'federated', '--resume', 'early')
  assert.deepEqual([code, /nothing was kept of the federation in early.*start it anew/.test(stderr)], [1, true])
  const given = [
    'backprop',
    '--data',
    'glyphs',
    '--limit',
    '400',
    '--batch',
    '20',
    '--threads',
    '1',
    '--set',
    'units=8',
  ]
  const clients = ['--clients', '2', '--rounds', '1', '--engine', 'memory', '--out', 'early']
  assert.equal((await onward(folder, 'up', 'federated', ...given, ...clients)).code, 0)
})
