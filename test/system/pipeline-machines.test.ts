// At most 60 s: trainings over processes and a NATS server. One is joined as from another machine, one is stopped and gone on with.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findServer } from '../../src/distributed/server/find.node.js'
import { readCheckpoint } from '../../src/node.js'
import { onwardAlone, type Started, start, workFolder } from '../cli/onward.js'
import { numbersOf } from '../train/fixtures.js'

const skip = await findServer().then(
  () => false,
  (error: Error) => error.message,
)
const folder = workFolder()
const TRAINING = [
  ...['forward-forward', '--data', 'glyphs', '--set', 'negatives=uniform', '--set', 'units=24,16'],
  ...['--limit', '1000', '--validation', '100', '--epochs', '10', '--batch', '20', '--threads', '1', '--json'],
]
const weightsOf = (run: string) => numbersOf(readCheckpoint(join(folder, run)).checkpoint)

/** Ended with the tests, so that a failed one does not wait for a training. */
const started: Started[] = []
after(() => {
  for (const own of started) own.signal('SIGTERM')
})
const begin = (...args: string[]): Started => {
  const own = start(folder, args)
  started.push(own)
  return own
}

before(async () => {
  if (skip) return
  const { code, stderr } = await onwardAlone(folder, 'train', ...TRAINING, '--out', 'plain')
  assert.equal(code, 0, stderr)
})

/** What `up` tells the other machine to type, and the file to copy there. */
const invitation = ({ onOutput }: Started): Promise<{ url: string; file: string }> =>
  new Promise((resolve) => {
    onOutput((stdout) => {
      const [first] = stdout.split('\n', 1)
      if (!stdout.includes('\n')) return
      const { url, credentials } = JSON.parse(first!).over.joining
      resolve({ url, file: credentials[0] })
    })
  })

test('a worker joins with a copy of the credentials; the weights are those of one process', { skip }, async () => {
  const up = begin(
    ...['up', 'pipeline', ...TRAINING, '--out', 'joined'],
    ...['--workers', '2', '--local', '1', '--listen', '127.0.0.1'],
  )
  const { url, file } = await Promise.race([
    invitation(up),
    up.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])
  copyFileSync(join(folder, file), join(folder, 'worker.json'))
  const wrong = await onwardAlone(folder, 'join', url, '--credentials', 'worker.json', '--stage', '3')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /the run has 2 workers, from 1: there is no stage 3/)
  const worker = await onwardAlone(folder, 'join', url, '--credentials', 'worker.json')
  assert.equal(worker.code, 0, worker.stderr)
  assert.match(worker.stderr, /working as 2 of 2/)
  const { code, stderr } = await up.ended
  assert.equal(code, 0, stderr)
  assert.deepEqual(weightsOf('joined'), weightsOf('plain'))
})

test('Ctrl-C ends a run that waits for a worker, and it listens there again', { skip }, async () => {
  const waiting = [...TRAINING, '--out', 'waiting', '--workers', '2', '--local', '1', '--listen', '127.0.0.1']
  const up = begin('up', 'pipeline', ...waiting)
  up.onOutput((stdout) => {
    if (stdout.includes('"event":"waiting"')) up.signal('SIGINT')
  })
  const { url } = await invitation(up)
  const { code, stdout } = await up.ended
  assert.equal(code, 130)
  assert.match(stdout, /"event":"waiting","step":0,"missing":\["worker 2"\],"of":2/)
  const again = begin('up', 'pipeline', '--resume', 'waiting', '--json', '--wait', '0')
  assert.equal((await invitation(again)).url, url)
  assert.match((await again.ended).stderr, /worker 2 did not come within 0 s/)
})

test('a port is taken without an address, too, and again when the run goes on', { skip }, async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((closed) => probe.close(closed))
  const run = [...TRAINING, '--out', 'port', '--workers', '2', '--local', '1', '--port', `${port}`]
  for (const args of [run, ['--resume', 'port', '--json']]) {
    const up = begin('up', 'pipeline', ...args, '--wait', '0')
    assert.equal((await invitation(up)).url, `nats://127.0.0.1:${port}`)
    assert.match((await up.ended).stderr, /worker 2 did not come within 0 s/)
  }
})

test('Ctrl-C, then --resume: the weights of a training that nobody stopped', { skip }, async () => {
  const up = begin('up', 'pipeline', ...TRAINING, '--out', 'stopped', '--workers', '2')
  let isPressed = false
  up.onOutput((stdout) => {
    if (isPressed || !stdout.includes('"event":"workers"')) return
    isPressed = true
    up.signal('SIGINT')
  })
  const stopped = await up.ended
  assert.equal(stopped.code, 130, stopped.stderr)
  const { position } = readCheckpoint(join(folder, 'stopped')).checkpoint
  assert.ok(position.phase === 0 && position.epoch < 10, JSON.stringify(position))
  const resumed = await onwardAlone(folder, 'up', 'pipeline', '--resume', 'stopped', '--json')
  assert.equal(resumed.code, 0, resumed.stderr)
  assert.deepEqual(weightsOf('stopped'), weightsOf('plain'))
})
