// At most 60 s: processes of four runs, over layers and over clients, whose server says nothing, since it was paused.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { overNats } from '../../src/cli/commands/up/over-nats.js'
import { findServer } from '../../src/distributed/server/find.node.js'
import { readJson } from '../../src/files.node.js'
import { fateOf, type Holder } from '../../src/holder.node.js'
import { readCheckpoint, type TrainRequest, train } from '../../src/node.js'
import { start, workFolder } from '../cli/onward.js'

const skip = await findServer().then(
  () => false,
  (error: Error) => error.message,
)
const folder = workFolder()
/** Servers that a failed test would leave behind. */
const paused: Holder[] = []
/** A run that does not end within so long (ms) of Ctrl-C hangs. */
const HANGS = 30_000
after(() => {
  for (const server of paused) if (fateOf(server) === 'alive') process.kill(server.process, 'SIGKILL')
})

const SIZE = ['--data', 'glyphs', '--limit', '1000', '--validation', '100', '--batch', '20', '--threads', '1', '--json']
const CASES = [
  {
    what: 'pipeline',
    run: [
      'forward-forward',
      '--set',
      'negatives=uniform',
      '--set',
      'units=24,16',
      '--epochs',
      '1000',
      '--workers',
      '2',
    ],
    begun: '"event":"epoch"',
    server: 'broker',
  },
  {
    what: 'federated',
    run: ['backprop', '--set', 'units=16', '--clients', '2', '--rounds', '1000'],
    begun: '"event":"round"',
    server: 'federated/nats',
  },
]

for (const { what, run, begun, server } of CASES)
  test(`Ctrl-C ends up ${what} whose server was paused, and tells what is kept`, { skip }, async () => {
    const own = start(folder, ['up', what, ...run, ...SIZE, '--out', what])
    let hangs: NodeJS.Timeout | undefined
    own.onOutput((stdout) => {
      if (hangs || !stdout.includes(begun)) return
      const holder = readJson(join(folder, what, server, 'nats-server.process')) as Holder
      paused.push(holder)
      process.kill(holder.process, 'SIGSTOP')
      own.signal('SIGINT')
      hangs = setTimeout(() => own.signal('SIGKILL'), HANGS)
    })
    const { code, stdout, stderr } = await own.ended
    clearTimeout(hangs)
    assert.equal(code, 130, stderr)
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!)
    assert.equal(last.event, 'stopped')
    assert.match(last.message, /it can go on from its checkpoint/)
    assert.ok(readCheckpoint(join(folder, what)).checkpoint.position.epoch >= 1)
    assert.equal(fateOf(paused.at(-1)!), 'dead')
  })

test('a server that is silent for long is told of, and the run goes on when it answers', { skip }, async () => {
  const run = ['backprop', '--set', 'units=16', '--clients', '2', '--rounds', '6']
  const own = start(folder, ['up', 'federated', ...run, ...SIZE, '--out', 'waits'])
  let server: Holder | undefined
  let wakes: NodeJS.Timeout | undefined
  own.onOutput((stdout) => {
    if (server || !stdout.includes('"event":"round"')) return
    server = readJson(join(folder, 'waits', 'federated/nats', 'nats-server.process')) as Holder
    paused.push(server)
    process.kill(server.process, 'SIGSTOP')
    wakes = setTimeout(() => process.kill(server!.process, 'SIGCONT'), 20_000)
  })
  const { code, stdout, stderr } = await own.ended
  clearTimeout(wakes)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /the server does not answer; .*nats-server\.log\n(.*\n)*.*the server answers again/)
  assert.equal(stdout.split('"event":"round"').length - 1, 6)
})

/** A worker is started, and has tried in vain to connect to a server that is paused, within so long (ms). */
const TRIED = 8000

test('a worker that is killed while the server is paused begins again when it goes on', { skip }, async () => {
  const request = {
    rule: 'forward-forward',
    data: 'glyphs',
    hyper: { units: [24, 16], negatives: 'uniform' },
    options: { epochs: 30, batch: 20, limit: 1000, validation: 100, threads: 1 },
    out: join(folder, 'killed'),
  } satisfies TrainRequest
  const starts: number[] = []
  let server: number | undefined
  let isKilled = false
  const how = overNats(
    { workers: 2 },
    {
      broker: ({ pid }) => (server = pid),
      worker(stage, pid) {
        if (stage !== 1) return
        starts.push(pid)
        if (starts.length === 2) setTimeout(() => process.kill(server!, 'SIGCONT'), TRIED)
      },
    },
  )
  let last = ''
  for await (const { event } of train(request, how)) {
    last = event
    if (event !== 'workers' || isKilled) continue
    isKilled = true
    process.kill(server!, 'SIGSTOP')
    process.kill(starts[0]!, 'SIGKILL')
  }
  assert.deepEqual([last, starts.length], ['done', 2])
})
