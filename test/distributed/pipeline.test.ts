import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryEngine } from '../../src/distributed/memory.js'
import { workersHere } from '../../src/distributed/pipeline/here.js'
import { trainPipeline } from '../../src/distributed/pipeline/train.js'
import type { Transport } from '../../src/distributed/transport.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { ruleNamed } from '../../src/rules/registry.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { TrainConfig } from '../../src/train/config.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, lines, numbersOf, ofKind } from '../train/fixtures.js'

const data = lines(203)
const options = { epochs: 2, batch: 10, threads: 1 }

/** The same training on workers in this process. */
function pipelined(config: Omit<TrainConfig, 'data' | 'platform'>, kept = keeper()) {
  const engine = memoryEngine()
  const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
  const start = workersHere(engine.connect, { rule: config.rule, data, platform })
  return trainPipeline({ ...config, data, platform, transport: engine.connect(), start })
}

async function alone(config: Omit<TrainConfig, 'data' | 'platform'>) {
  const kept = keeper()
  const events = await collect(train({ ...config, data, platform: { compile, saveCheckpoint: kept.saveCheckpoint } }))
  return { kept, events }
}

const CUT: Record<string, { rule: string; hyper: object; workers: number }> = {
  'forward-forward': { rule: 'forward-forward', hyper: { units: [12, 10, 8], negatives: 'uniform' }, workers: 3 },
}

for (const [name, { rule: id, hyper, workers }] of Object.entries(CUT))
  test(`${name} on ${workers} workers: the same bits as in one process`, async () => {
    const rule: AnyRule = ruleNamed(id)!
    const kept = keeper()
    const events = await collect(pipelined({ rule, hyper: hyper as never, options }, kept))
    const wanted = await alone({ rule, hyper: hyper as never, options })
    assert.deepEqual(numbersOf(kept.last()), numbersOf(wanted.kept.last()))
    assert.deepEqual(kept.last().position, wanted.kept.last().position)
    assert.deepEqual(ofKind(events, 'done')[0]!.test, ofKind(wanted.events, 'done')[0]!.test)
    const metrics = (all: typeof events) =>
      ofKind(all, 'epoch').map(({ metrics, validation }) => ({ metrics, validation }))
    assert.deepEqual(metrics(events), metrics(wanted.events))
    assert.equal(ofKind(events, 'start')[0]!.over!.workers.length, workers)
  })

test('a stopped pipeline goes on where it was, bit for bit, and so does onward train', async () => {
  const rule: AnyRule = ruleNamed('forward-forward')!
  const own = {
    rule,
    hyper: { units: [12, 10, 8], negatives: 'uniform' } as never,
    options: { ...options, epochs: 150 },
  }
  const wanted = await alone(own)
  for (const resume of [pipelined, undefined]) {
    const kept = keeper()
    const stop = new AbortController()
    let steps = 0
    for await (const event of pipelined({ ...own, signal: stop.signal }, kept)) {
      if (event.event === 'epoch' && event.epoch === 2) stop.abort()
      if (event.event === 'stopped') steps = event.step
    }
    const { position } = kept.last()
    assert.ok(steps > 0 && position.epoch < 149, JSON.stringify(position))
    const next = keeper()
    const rest = { ...own, resume: kept.last() }
    const again = resume
      ? pipelined(rest, next)
      : train({ ...rest, data, platform: { compile, saveCheckpoint: next.saveCheckpoint } })
    await collect(again)
    assert.deepEqual(numbersOf(next.last()), numbersOf(wanted.kept.last()))
  }
})

test('what goes up in a step is what the arithmetic of sizes says: 4 bytes for each activity, of true and of false samples', async () => {
  const engine = memoryEngine()
  const sent = new Map<string, number>()
  const connect = (): Transport => {
    const own = engine.connect()
    return {
      ...own,
      async stream(...given) {
        const stream = await own.stream(...given)
        return {
          ...stream,
          async publish(message, after) {
            const sequence = await stream.publish(message, after)
            sent.set(message.subject, (sent.get(message.subject) ?? 0) + message.payload.length)
            return sequence
          },
        }
      },
    }
  }
  const rule: AnyRule = ruleNamed('forward-forward')!
  const platform = { compile }
  const units = [120, 100, 80]
  const events = await collect(
    trainPipeline({
      ...{ rule, hyper: { units, negatives: 'uniform' } as never, options, data, platform },
      ...{ transport: connect(), start: workersHere(connect, { rule, data, platform }) },
    }),
  )
  const steps = ofKind(events, 'done')[0]!.step
  const edges = [...sent].filter(([subject]) => subject.includes('.edge.')).sort()
  assert.equal(edges.length, 2)
  for (const [k, [subject, bytes]] of edges.entries()) {
    const wanted = 4 * 2 * options.batch * units[k]!
    assert.ok(Math.abs(bytes / steps / wanted - 1) < 0.05, `${subject}: ${bytes / steps} bytes a step, not ${wanted}`)
  }
})
