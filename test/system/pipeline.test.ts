// A pipeline over processes and a NATS server, all of which are killed in the middle.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { overNats } from '../../src/cli/commands/up/over-nats.js'
import { findServer } from '../../src/distributed/server/find.node.js'
import type { Broker } from '../../src/distributed/server.node.js'
import { readCheckpoint, type TrainRequest, train } from '../../src/node.js'
import { numbersOf } from '../train/fixtures.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-pipeline-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const skip = await findServer().then(
  () => false,
  (error: Error) => error.message,
)

const request = {
  rule: 'forward-forward',
  data: 'glyphs',
  hyper: { units: [32, 24, 16], negatives: 'uniform' },
  options: { epochs: 100, batch: 20, limit: 1000, validation: 100, threads: 1 },
} satisfies TrainRequest

/** Which stage's worker is killed, one after the other, and after how many of them the server is, too. */
const KILLED = [0, 1, 2, 1, 0, 2, 1]
const SERVER_AFTER = [2, 5]

test('seven workers and two servers killed: the weights of a training without a crash', { skip }, async () => {
  const plain = join(folder, 'plain')
  for await (const _ of train({ ...request, out: plain }));

  const out = join(folder, 'killed')
  const pids = new Map<number, number>()
  let broker: Broker | undefined
  let servers = 0
  const how = overNats(
    { workers: 3 },
    { broker: (own) => (broker = own), worker: (stage, pid) => pids.set(stage, pid) },
  )
  let kills = 0
  const seen = new Map<number, number>()
  for await (const event of train({ ...request, out }, how)) {
    if (event.event !== 'workers') continue
    const stage = KILLED[kills]
    if (stage === undefined) continue
    // It has done something since it was started.
    const { step } = event.workers[stage]!
    if (step <= (seen.get(stage) ?? 0)) continue
    process.kill(pids.get(stage)!, 'SIGKILL')
    kills++
    for (const [i, own] of event.workers.entries()) seen.set(i, own.step)
    if (SERVER_AFTER.includes(kills)) {
      servers++
      process.kill(broker!.pid, 'SIGKILL')
    }
  }
  assert.deepEqual([kills, servers], [7, 2])
  const [wanted, own] = [plain, out].map((run) => readCheckpoint(run).checkpoint)
  assert.deepEqual(numbersOf(own!), numbersOf(wanted!))
  assert.deepEqual(own!.position, wanted!.position)
})
